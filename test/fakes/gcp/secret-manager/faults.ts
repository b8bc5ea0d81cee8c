/**
 * What may happen to one request. `lost-answer`: applied, then the connection breaks. `reset`: breaks before it is
 * applied. `unavailable`, `deadline`, `throttle`, `error:<STATUS>`: answered so, not applied. `deadline-applied`: applied,
 * then answered DEADLINE_EXCEEDED. `silence` and `silence-applied`: never answered; the client's deadline or signal ends
 * the call. `expired-token`: UNAUTHENTICATED. Latency is spent before the request is looked at.
 */
export type Fault =
  | 'lost-answer'
  | 'reset'
  | 'unavailable'
  | 'deadline'
  | 'deadline-applied'
  | 'silence'
  | 'silence-applied'
  | 'throttle'
  | 'expired-token'
  | `error:${string}`
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
  #planned: Planned[] = []
  #stale: { how: Staleness; ops: readonly string[] | undefined; left: number } | undefined

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

  /**
   * Reads (of those operations, or all) are answered from an older state until `clear`, or for so many reads. Access by
   * number finds a version that was just added all the same (docs, "Consistency"). Writes always meet the newest state.
   */
  stale(how: Staleness, ops?: readonly string[]): void {
    this.#stale = { how, ops, left: 'reads' in how ? how.reads : Number.POSITIVE_INFINITY }
  }

  clear(): void {
    this.#planned = []
    this.#stale = undefined
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
