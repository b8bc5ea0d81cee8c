// What one process has seen of the versions that consumers read as `latest`, for the window of the publication.

import type { Worker } from '../../../core/testing/simulation/hub.ts'
import { ServiceFault } from '../../fakes/gcp/secret-manager/errors.ts'
import type { Repeats } from '../common/repeats.ts'
import type { PublishWindow, Version } from '../common/window.ts'
import { type Input, secretIn } from './wire.ts'

export class Sight {
  readonly #eyes: ReturnType<PublishWindow['eyes']>
  readonly #worker: Worker
  readonly #secret: string
  readonly #versions: () => readonly Version[]

  readonly #added: ReturnType<Repeats['watch']>

  constructor(
    worker: Worker,
    window: PublishWindow,
    repeats: Repeats,
    secret: string,
    versions: () => readonly Version[],
  ) {
    this.#worker = worker
    this.#eyes = window.eyes()
    this.#added = repeats.watch()
    this.#secret = secret
    this.#versions = versions
  }

  /** Answers what is to be told when the request takes effect. */
  sends(op: string, input: Input): (() => void) | undefined {
    if (this.#worker.dead) return undefined
    this.#eyes.asks()
    this.#added(op === 'AddSecretVersion' ? textOf(input) : undefined)
    if (op !== 'AddSecretVersion' || secretIn(input) !== this.#secret) return undefined
    const landed = this.#eyes.publishes(textOf(input))
    return () => landed(this.#versions())
  }

  /** A number that is not there yet says what the newest is. */
  answered(op: string, input: Input, error?: unknown): void {
    const absent = error instanceof ServiceFault && error.status === 'NOT_FOUND'
    if (op !== 'AccessSecretVersion' || secretIn(input) !== this.#secret || !absent) return
    this.#eyes.looks(Number(/\/versions\/(\d+)$/.exec(input.name ?? '')?.[1]) - 1)
  }
}

const textOf = ({ payload }: Input): string => Buffer.from(payload?.data ?? []).toString()
