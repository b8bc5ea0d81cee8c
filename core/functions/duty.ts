/**
 * What functions of every cloud do, however they were called: the part between a trigger that was understood and its answer.
 * @module
 */
import type { Actor, RotationType } from '../audit/event.ts'
import { RotationError, sanitise } from '../errors.ts'
import { type SweepResult, sweep } from '../fleet/sweep.ts'
import { type Outcome, workOn } from '../fleet/work.ts'
import type { Duration, Instant } from '../ports/clock.ts'
import type { WorkItem, WorkQueue } from '../ports/work-queue.ts'
import type { RotationRequest } from '../rotation/setup.ts'
import { rotateAsked } from './asked.ts'
import type { FunctionLog } from './log.ts'
import { metricsOfSweep } from './metrics.ts'
import { within } from './within.ts'
import type { Workshop } from './workshop.ts'

/** How one invocation came about, and what it may use. */
export interface Invoked {
  readonly log: FunctionLog
  /** How long the platform lets it last, from now. */
  readonly limit: Duration
  readonly type: RotationType
  readonly actor: Actor
  /** The same for every delivery of the same trigger. */
  readonly token?: string | undefined
}

export type Done<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: RotationError }

/** Runs it; what it throws is put on record, and answered as a RotationError. */
export async function attempt<T>(log: FunctionLog, work: () => Promise<T>): Promise<Done<T>> {
  try {
    return { ok: true, value: await work() }
  } catch (thrown) {
    const error = sanitise(thrown)
    await log.failure(error)
    return { ok: false, error }
  }
}

type More = Pick<RotationRequest, 'force' | 'reason' | 'version'> & { readonly since?: Instant }

export async function rotateOne(workshop: Workshop, name: string, by: Invoked, more: More = {}): Promise<Outcome> {
  const { since, ...wish } = more
  const outcome = await within(by.limit, workshop.clock, ({ signal, deadline }) =>
    rotateAsked(workshop.fleet(by.log.audit()), name, { ...requestOf(by, deadline), ...wish }, signal, since),
  )
  await by.log.line('INFO', `rotate ${name}: ${outcome}`, { secret: name, outcome })
  return outcome
}

export async function workOff(workshop: Workshop, item: WorkItem, by: Invoked): Promise<Outcome> {
  const { secret, do: what } = item
  const outcome = await within(by.limit, workshop.clock, ({ signal, deadline }) =>
    workOn(workshop.fleet(by.log.audit()), secret, what, requestOf(by, deadline), signal),
  )
  await by.log.line('INFO', `${what} ${secret}: ${outcome}`, { secret, outcome })
  return outcome
}

/** Answers also where single secrets failed: see `undone`. */
export async function sweepAll(workshop: Workshop, queue: WorkQueue | undefined, by: Invoked): Promise<SweepResult> {
  const result = await within(by.limit, workshop.clock, ({ signal, deadline }) =>
    sweep(workshop.fleet(by.log.audit()), { request: requestOf(by, deadline), signal, queue }),
  )
  for (const { of, error, handedOver } of result.failed)
    await by.log.failure(error, typeof of === 'string' ? { of, handedOver } : { ...of, handedOver })
  const { secrets, looked, outcomes, handedOver, left } = result
  const counts = { secrets, looked, outcomes, failed: result.failed.length, handedOver, left }
  await by.log.line(left > 0 ? 'WARN' : 'INFO', 'sweep', counts)
  await by.log.measured(metricsOfSweep(result))
  return result
}

/**
 * Why the platform has to be told that a sweep failed: what may succeed at another delivery. What only a person can mend is on record
 * and in the count, and the next sweep tries it.
 */
export function undone({ failed, left }: SweepResult): RotationError | undefined {
  const open = failed.filter(({ handedOver }) => !handedOver)
  const worst =
    open.find(({ of }) => typeof of === 'string' || 'store' in of) ?? open.find(({ error }) => error.retry !== 'no')
  if (worst) return worst.error
  return left > 0 ? new RotationError('no-time', 'Secrets are left for another sweep.') : undefined
}

const requestOf = ({ type, actor, token }: Invoked, deadline: Instant): RotationRequest => ({
  type,
  actor,
  deadline,
  ...(token !== undefined && { token }),
})
