import type { SecretState } from './model.ts'
import { SecretRecord } from './record.ts'

/** All secrets by the service's name for them, in the order of their creation, and when the next of them is due. */
export class Secrets {
  readonly #records = new Map<string, SecretRecord>()
  #created = 0
  /** No secret has anything due before this. */
  #quietUntil = Number.POSITIVE_INFINITY

  find(name: string): SecretRecord | undefined {
    return this.#records.get(name)
  }

  all(): readonly SecretRecord[] {
    return [...this.#records.values()]
  }

  sequence(): number {
    return ++this.#created
  }

  add(state: SecretState, at: number): SecretRecord {
    const record = new SecretRecord(state, at)
    this.#records.set(state.name, record)
    this.noteDue(state)
    return record
  }

  remove(name: string): void {
    this.#records.delete(name)
  }

  noteDue(state: SecretState): void {
    this.#quietUntil = Math.min(this.#quietUntil, nextDue(state))
  }

  /** The secrets that have something due by then. Whoever asks must do it, or it is asked for in vain again. */
  due(at: number): readonly SecretRecord[] {
    if (at < this.#quietUntil) return []
    return this.all().filter(({ state }) => nextDue(state) <= at)
  }

  settled(): void {
    this.#quietUntil = this.all().reduce(
      (least, { state }) => Math.min(least, nextDue(state)),
      Number.POSITIVE_INFINITY,
    )
  }
}

/** When the service itself next does something to this secret. */
export function nextDue(state: SecretState): number {
  const destroys = [...state.versions.values()].map(version => version.scheduledDestroyAt)
  const times = [state.rotation?.nextAt, state.expireAt, ...destroys].filter(time => time !== undefined)
  return Math.min(Number.POSITIVE_INFINITY, ...times)
}
