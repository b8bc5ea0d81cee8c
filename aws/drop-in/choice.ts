/**
 * Which strategy a secret is rotated by: what the setting says, else what the value says, which is known once one was read.
 * @module
 */
import type { Instant } from '../../core/ports/clock.ts'
import type { DatabaseSecret } from './database-secret.ts'
import type { DropInStrategy } from './settings.ts'

export interface Remembered {
  strategy?: DropInStrategy
  /** When the rotation was heard of first. */
  heard?: Instant
}

/** Within one warm process, by the token of the rotation: the value of a version never changes. */
export class Recollection {
  readonly #known = new Map<string, Remembered>()
  /** Rotations of other secrets may lie in between; what was forgotten costs one more read. */
  readonly #limit = 100

  about(token: string): Remembered {
    const known = this.#known.get(token) ?? {}
    this.#known.delete(token)
    this.#known.set(token, known)
    const [oldest] = this.#known.keys()
    if (this.#known.size > this.#limit) this.#known.delete(oldest!)
    return known
  }
}

export class StrategyChoice {
  readonly #setting: DropInStrategy | undefined
  readonly #memory: Remembered

  constructor(setting: DropInStrategy | undefined, memory: Remembered) {
    this.#setting = setting
    this.#memory = memory
  }

  saw({ admin }: DatabaseSecret): void {
    this.#memory.strategy = admin === undefined ? 'single-user' : 'alternating-users'
  }

  get known(): DropInStrategy | undefined {
    return this.#setting ?? this.#memory.strategy
  }

  /** Where nothing could be read there is nothing to promote either, and the single user's way looks before it does. */
  get strategy(): DropInStrategy {
    return this.known ?? 'single-user'
  }
}
