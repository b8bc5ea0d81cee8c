/**
 * One pass over a fleet: finds what is due and does it, urgent first, within the time that the platform leaves. What it cannot
 * finish goes to a queue; where there is none, the next pass finds it again. No state of its own: everything is in the stores.
 * @module
 */
import { isRotationError, type RotationError, sanitise } from '../errors.ts'
import type { Duration } from '../ports/clock.ts'
import type { WorkItem, WorkQueue } from '../ports/work-queue.ts'
import type { RotationRequest } from '../rotation/setup.ts'
import { isOverdue, kinds } from './due.ts'
import type { Fleet } from './fleet.ts'
import { gatherHints, type Suspect } from './hints.ts'
import { inParallel } from './pool.ts'
import { policyOf, secretOf } from './wire.ts'
import { act, lookAt, type Outcome, type Sight } from './work.ts'

export interface SweepOptions {
  /** What every run is asked with; its deadline is the end of the sweep. */
  readonly request: RotationRequest
  readonly signal: AbortSignal
  readonly queue?: WorkQueue | undefined
  /** How many secrets at once. Default 8. */
  readonly width?: number
}

export interface Failure {
  /** Of one secret, of a whole store, or of the queue. */
  readonly of: { readonly secret: string; readonly do: WorkItem['do'] } | { readonly store: string } | 'queue'
  readonly error: RotationError
  /** The queue has it now. */
  readonly handedOver: boolean
}

export interface SweepResult {
  /** Configured. */
  readonly secrets: number
  /** Looked at: the others are at rest by the listing. */
  readonly looked: number
  readonly outcomes: Readonly<Partial<Record<Outcome, number>>>
  readonly failed: readonly Failure[]
  readonly handedOver: number
  /** Looked at, due for an hour or longer, and left so. What waits for its window, or is halted, is not among them. */
  readonly overdue: number
  /** Not begun or not finished, for want of time or because a store does not answer, and in no queue. */
  readonly left: number
}

/** To hand over what is left. */
const RESERVE: Duration = 5_000
/** Before `set`: to describe, to read, to store the new value. */
const PREPARATION: Duration = 5_000
const WIDTH = 8

/** Never rejects for one secret, one store or the queue: `failed` says. */
export async function sweep(fleet: Fleet, options: SweepOptions): Promise<SweepResult> {
  const { request, signal, queue, width = WIDTH } = options
  const end = queue ? request.deadline - RESERVE : request.deadline
  const hints = await gatherHints(fleet, { signal, deadline: end })
  const pass = new Pass(fleet, { ...request, deadline: end }, signal, hints.halted)
  const left = await inParallel(inTurn(hints.suspects), width, pass.visit, pass.hasTimeFor)
  for (const { secret, todo } of left) for (const what of todo) pass.unfinished.push(pass.item(secret, what))
  const handed = queue ? await handOver(queue, pass.unfinished, options) : nobody
  const failed: Failure[] = hints.failed.map(({ store, error }) => ({ of: { store }, error, handedOver: false }))
  for (const { item, error } of pass.failed) failed.push({ of: item, error, handedOver: handed.taken.has(item) })
  if (handed.error) failed.push({ of: 'queue', error: handed.error, handedOver: false })
  const unlisted = hints.failed.reduce((sum, { secrets }) => sum + secrets, 0)
  return {
    secrets: fleet.config.secrets.size,
    looked: hints.suspects.length - left.length,
    outcomes: pass.outcomes,
    failed,
    handedOver: handed.taken.size,
    overdue: pass.overdue,
    left: unlisted + (handed.taken.size > 0 ? 0 : left.length + pass.stopped),
  }
}

const inTurn = (suspects: readonly Suspect[]): readonly Suspect[] =>
  kinds.flatMap(kind => suspects.filter(suspect => suspect.kind === kind))

interface HandedOver {
  readonly taken: ReadonlySet<WorkItem>
  readonly error?: RotationError
}

const nobody: HandedOver = { taken: new Set() }

async function handOver(
  queue: WorkQueue,
  items: readonly WorkItem[],
  { request, signal }: SweepOptions,
): Promise<HandedOver> {
  try {
    if (items.length > 0) await queue.send(items, { signal, deadline: request.deadline })
    return { taken: new Set(items) }
  } catch (thrown) {
    return { ...nobody, error: sanitise(thrown) }
  }
}

class Pass {
  readonly outcomes: Partial<Record<Outcome, number>> = {}
  readonly failed: { readonly item: WorkItem; readonly error: RotationError }[] = []
  /** What another run may be able to do. */
  readonly unfinished: WorkItem[] = []
  /** Begun, and given up for want of time, where the next run goes on. */
  stopped = 0
  overdue = 0
  readonly #fleet: Fleet
  readonly #request: RotationRequest
  readonly #signal: AbortSignal

  constructor(fleet: Fleet, request: RotationRequest, signal: AbortSignal, halted: number) {
    this.#fleet = fleet
    this.#request = request
    this.#signal = signal
    if (halted > 0) this.outcomes.halted = halted
  }

  item(secret: string, what: WorkItem['do']): WorkItem {
    return { secret, do: what, asked: this.#fleet.clock.now() }
  }

  readonly hasTimeFor = ({ secret }: Suspect): boolean => {
    const { config, clock } = this.#fleet
    const needed = PREPARATION + policyOf(secretOf(config, secret)).cutover
    return !this.#signal.aborted && clock.now() + needed <= this.#request.deadline
  }

  readonly visit = async ({ secret, todo }: Suspect): Promise<void> => {
    let sight: Sight | undefined
    /** Nothing is left to be done for followers, or nothing can be. */
    let settled = false
    for (const what of todo) {
      if (what === 'replicate' && settled) continue
      let seen: Sight | undefined
      try {
        const found = sight ?? (await lookAt(this.#fleet, secret, this.#request, this.#signal))
        if (found === 'standing-by') return this.#count(found)
        seen = found
        const { outcome, moved, told = false } = await act(this.#fleet, seen, what, this.#signal)
        this.#count(outcome)
        if (what === 'rotate' && (outcome === 'asked' || outcome === 'under-way')) this.#leftSo(seen)
        if (moved) settled = told
        sight = moved ? undefined : seen
      } catch (thrown) {
        // a secret that cannot be looked at is no second failure for its followers
        settled = seen === undefined
        sight = undefined
        if (what === 'rotate' && seen) this.#leftSo(seen)
        this.#noteFailure(this.item(secret, what), sanitise(thrown))
      }
    }
  }

  #leftSo({ looked }: Sight): void {
    if (isOverdue(looked)) this.overdue++
  }

  #count(outcome: Outcome): void {
    this.outcomes[outcome] = (this.outcomes[outcome] ?? 0) + 1
  }

  #noteFailure(item: WorkItem, error: RotationError): void {
    if (isRotationError(error, 'no-time', 'aborted')) this.stopped++
    else this.failed.push({ item, error })
    if (error.retry !== 'no') this.unfinished.push(item)
  }
}
