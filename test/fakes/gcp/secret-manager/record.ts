import { copyState, type SecretState, type Version } from './model.ts'

interface Entry {
  readonly at: number
  readonly state: SecretState
}

/** States older than this many writes are forgotten: the oldest kept one answers for them. */
const KEPT = 256

/** One secret with its recent past, newest last. */
export class SecretRecord {
  #history: Entry[]

  constructor(state: SecretState, at: number) {
    this.#history = [{ at, state }]
  }

  get state(): SecretState {
    return this.#history.at(-1)!.state
  }

  /** All or nothing: when `change` throws, nothing happened. */
  update<T>(at: number, change: (draft: SecretState) => T): T {
    const draft = copyState(this.state)
    const result = change(draft)
    this.#history.push({ at, state: draft })
    if (this.#history.length > KEPT) this.#history.shift()
    return result
  }

  /** The state as it was at that time; undefined when the secret did not exist yet. */
  asOf(at: number): SecretState | undefined {
    const first = this.#history[0]!
    if (at < first.at) return this.#history.length < KEPT ? undefined : first.state
    return this.#history.findLast(entry => entry.at <= at)!.state
  }

  /** The state before the last so many writes; undefined when the secret did not exist yet. */
  writesAgo(writes: number): SecretState | undefined {
    return this.#history.at(-1 - writes)?.state
  }

  /** A version as it was when it was added, as far as that is kept. */
  firstSeen(number: number): Version | undefined {
    return this.#history.find(entry => entry.state.versions.has(number))?.state.versions.get(number)
  }
}
