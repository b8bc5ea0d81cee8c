// What one process has seen of the version that consumers read, for the window of the publication.

import type { Worker } from '../../../core/testing/simulation/hub.ts'
import type { Repeats } from '../common/repeats.ts'
import type { PublishWindow, Version } from '../common/window.ts'

export interface Request {
  readonly op: string
  /** The secret, or the blob. */
  readonly name: string
  readonly version: string | undefined
  readonly body: string
}

/** Nothing on record shows it, and Key Vault may not show it yet. */
const UNSEEN = 'a retirement was shown an older version than the newest'

export class Sight {
  readonly #window: PublishWindow
  readonly #eyes: ReturnType<PublishWindow['eyes']>
  readonly #worker: Worker
  readonly #secret: string
  readonly #versions: () => readonly Version[]
  readonly #isRetiring: () => boolean

  readonly #added: ReturnType<Repeats['watch']>

  constructor(
    worker: Worker,
    window: PublishWindow,
    repeats: Repeats,
    secret: string,
    versions: () => readonly Version[],
    isRetiring: () => boolean,
  ) {
    this.#worker = worker
    this.#window = window
    this.#isRetiring = isRetiring
    this.#eyes = window.eyes()
    this.#added = repeats.watch()
    this.#secret = secret
    this.#versions = versions
  }

  /** Answers what is to be told when the request takes effect. */
  sends({ op, name, body }: Request): (() => void) | undefined {
    if (this.#worker.dead) return undefined
    this.#eyes.asks()
    this.#added(op === 'SetSecret' ? body : undefined)
    if (op !== 'SetSecret' || name !== this.#secret) return undefined
    const landed = this.#eyes.publishes((JSON.parse(body) as { value: string }).value)
    return () => landed(this.#versions())
  }

  /** A read without a version shows the newest, or one that was the newest a moment ago. */
  answered({ op, name, version }: Request, body: string): void {
    if (op !== 'GetSecret' || name !== this.#secret || version !== undefined) return
    const { id = '' } = JSON.parse(body) as { id?: string }
    const shown = id.split('/').at(-1)
    this.#eyes.looks(shown)
    if (this.#isRetiring() && shown !== this.#versions().at(-1)?.id) this.#window.weakness = UNSEEN
  }
}
