/**
 * What may happen to one request. `lost-answer`: applied, then the connection breaks. `reset`: breaks before it is applied.
 * `held`: the connection breaks, and the request is applied when `release` is called, however much later. `twice`: applied
 * two times, as when something between client and service repeats it; the second is answered.
 * `error:<status>:<Code>`: answered so, not applied. Latency is spent before the request is looked at.
 */
export type Fault =
  | 'lost-answer'
  | 'reset'
  | 'held'
  | 'twice'
  | 'throttle'
  | 'expired-token'
  | `error:${number}:${string}`
  | { readonly latencyMs: number }

/** How old the states are that reads see: by time, or by writes for the next so many reads. */
export type Staleness = { readonly ms: number } | { readonly reads: number; readonly writes?: number }

interface Planned {
  readonly op: string
  readonly fault: Fault
  left: number
  readonly nth: number
  seen: number
}

export class Faults {
  /** What a throttled answer asks the client to wait, in seconds. */
  retryAfterSeconds = 1
  #planned: Planned[] = []
  #stale: { how: Staleness; ops: readonly string[] | undefined; left: number } | undefined
  #held: (() => void)[] = []

  /** The next `times` requests of that operation (`*`: of any). Plans are used in the order in which they were made. */
  next(op: string, fault: Fault, times = 1): void {
    this.#planned.push({ op, fault, left: times, nth: 1, seen: 0 })
  }

  /** Every request of that operation, or every nth. Answers how to end it. */
  every(op: string, fault: Fault, nth = 1): () => void {
    const plan: Planned = { op, fault, left: Number.POSITIVE_INFINITY, nth, seen: 0 }
    this.#planned.push(plan)
    return () => {
      this.#planned = this.#planned.filter(each => each !== plan)
    }
  }

  /** Reads that may be stale (of those operations, or all) see an older state until `clear`, or for so many reads. */
  stale(how: Staleness, ops?: readonly string[]): void {
    this.#stale = { how, ops, left: 'reads' in how ? how.reads : Number.POSITIVE_INFINITY }
  }

  /** Forgets all plans. What is held stays held. */
  clear(): void {
    this.#planned = []
    this.#stale = undefined
  }

  /** Applies what was held, in the order in which it came. Answers how many requests that were. */
  release(): number {
    const held = this.#held
    this.#held = []
    for (const apply of held) apply()
    return held.length
  }

  hold(apply: () => void): void {
    this.#held.push(apply)
  }

  /** What happens to this request: each latency that applies, and at most one fault that ends it. */
  take(op: string): readonly Fault[] {
    const taken: Fault[] = []
    for (const plan of this.#planned) {
      if ((plan.op !== '*' && plan.op !== op) || plan.left <= 0) continue
      const ends = typeof plan.fault === 'string'
      if (ends && taken.some(fault => typeof fault === 'string')) continue
      plan.seen++
      if (plan.seen % plan.nth !== 0) continue
      plan.left--
      taken.push(plan.fault)
    }
    this.#planned = this.#planned.filter(plan => plan.left > 0)
    return taken
  }

  /** How stale this read is; undefined: not at all. */
  takeStaleness(op: string): Staleness | undefined {
    const stale = this.#stale
    if (!stale || stale.left <= 0 || (stale.ops && !stale.ops.includes(op))) return undefined
    stale.left--
    return stale.how
  }
}
