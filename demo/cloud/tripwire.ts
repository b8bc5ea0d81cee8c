/**
 * Something that happens at one request of a rotation, before the service looks at it: an edit, or the death of a worker.
 * @module
 */

/** Where a rotation is: as a service sees it, by its requests since the one that brought the pending value. */
export interface Moments {
  readonly bring: string
  /** Consumers read the new value when this one is applied. */
  readonly publish: Request
  /** And this one says so on record. The same request where the store can do both at once. */
  readonly record: Request
}

export interface Request {
  readonly op: string
  /** The first one is 1; `bring` itself counts. */
  readonly nth: number
}

/** What becomes of the request. */
export type Fate = 'reset' | { readonly latencyMs: number }

interface Service {
  take(op: string): readonly unknown[]
}

interface Armed extends Request {
  readonly spring: () => readonly Fate[]
  seen: number
  begun: boolean
}

export class Tripwire {
  readonly #moments: Moments
  #armed: Armed | undefined

  /** Of the fakes' plans of faults; only Lockstep may make the operations that are named. */
  constructor(services: readonly Service[], moments: Moments) {
    this.#moments = moments
    for (const service of services) {
      const planned = service.take.bind(service)
      service.take = op => [...planned(op), ...this.#passing(op)]
    }
  }

  /** For the next rotation that is begun. */
  arm(moment: 'publish' | 'record', spring: () => readonly Fate[]): void {
    this.#armed = { ...this.#moments[moment], spring, seen: 0, begun: false }
  }

  /** It has not sprung yet. */
  get isArmed(): boolean {
    return this.#armed !== undefined
  }

  #passing(op: string): readonly Fate[] {
    const armed = this.#armed
    if (!armed) return []
    armed.begun ||= op === this.#moments.bring
    if (!armed.begun || op !== armed.op || ++armed.seen < armed.nth) return []
    this.#armed = undefined
    return armed.spring()
  }
}
