import { copyState, type SecretState } from './model.ts'

/** States older than this many writes are forgotten: the oldest kept one answers for them. */
const KEPT = 256

/** One secret in one vault with its recent past, newest last. An absent state: it did not exist. */
export class SecretRecord {
  #history: { readonly at: number; readonly state: SecretState | undefined }[] = []

  constructor(state: SecretState, at: number) {
    this.#history = [{ at, state }]
  }

  get state(): SecretState | undefined {
    return this.#history.at(-1)!.state
  }

  /** All or nothing: when `change` throws, nothing happened. */
  update<T>(at: number, change: (draft: SecretState) => T): T {
    const draft = copyState(this.state!)
    const result = change(draft)
    this.replace(at, draft)
    return result
  }

  replace(at: number, state: SecretState | undefined): void {
    this.#history.push({ at, state })
    if (this.#history.length > KEPT) this.#history.shift()
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
}
