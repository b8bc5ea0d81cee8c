/**
 * What is due of one secret: pure. A hint of a listing says only whom to look at; what is done is planned from a description, by
 * the engine's own plans.
 * @module
 */
import type { FollowerConfig } from '../config/types.ts'
import { nextStart } from '../policy/schedule.ts'
import { isOpen } from '../policy/window.ts'
import type { Duration, Instant } from '../ports/clock.ts'
import type { SecretState, SecretStore, SecretSummary } from '../ports/secret-store.ts'
import type { WorkItem } from '../ports/work-queue.ts'
import { dueSince, graceEnd, type Plan, type PlanInput, planRetirement, planRotation } from '../rotation/plan.ts'
import type { RotationPolicy } from '../rotation/setup.ts'
import type { FleetFacts } from './fleet.ts'

/**
 * How old a hint may be (AWS: up to five minutes; the others: seconds). What would be due within that time is looked at, so
 * that no hint hides a due date; what began within it, the next sweep sees.
 */
export const HINT_AGE: Duration = 5 * 60_000

/**
 * In the order of their turn: where consumers may hold a dead credential, then what has to end, then what is new. Followers last: what
 * waits for one brings it up by itself, and one that does not answer takes time from nobody.
 */
export const kinds = ['urgent', 'retire', 'rotate', 'replicate'] as const
export type Kind = (typeof kinds)[number]

export type Todo = WorkItem['do']

export interface Suspicion {
  readonly kind: Kind
  /** What may be due, in this order. */
  readonly todo: readonly Todo[]
}

export interface Suspected extends Pick<PlanInput, 'policy' | 'target'>, Pick<SecretStore['capabilities'], 'records'> {
  readonly followers: readonly Pick<FollowerConfig, 'required'>[]
}

/**
 * Why a secret is worth a look. `halted`: it waits for a person. Undefined: what the listing shows is at rest, and nothing of it is
 * due. No hint at all: everything may be due.
 */
export function suspicion(
  hint: SecretSummary | undefined,
  secret: Suspected,
  now: Instant,
): Suspicion | 'halted' | undefined {
  const own = ownSuspicion(hint, secret, now)
  if (secret.followers.length === 0) return own
  if (typeof own === 'object') return { ...own, todo: [...own.todo, 'replicate'] }
  if (!hint || !mayBeBehind(hint, secret, now)) return own
  // without an overlap, consumers of a follower that is behind have nothing that works
  return { kind: secret.target.overlap === 'gap' ? 'urgent' : 'replicate', todo: ['replicate'] }
}

function ownSuspicion(
  hint: SecretSummary | undefined,
  { policy, target, records }: Suspected,
  now: Instant,
): Suspicion | 'halted' | undefined {
  if (!hint || hint.inFlight === 'unknown')
    return { kind: target.overlap === 'gap' ? 'urgent' : 'retire', todo: ['retire', 'rotate'] }
  if (hint.inFlight) return { kind: target.overlap === 'gap' ? 'urgent' : 'retire', todo: ['rotate', 'retire'] }
  const soon = now + HINT_AGE
  const retire = hint.previous !== false && soon >= (graceEnd(policy, hint.promotedAt) ?? soon)
  const unrecorded = !records && isFresh(policy, hint.promotedAt, now)
  const rotate = hint.halted === undefined && (unrecorded || mayBeDue(policy, hint.since, now, soon))
  if (retire) return { kind: 'retire', todo: rotate ? ['retire', 'rotate'] : ['retire'] }
  if (rotate) return { kind: 'rotate', todo: ['rotate'] }
  return hint.halted === undefined ? undefined : 'halted'
}

/**
 * No required follower is behind once the previous credential has ended: that waited for them. For the others nothing waits, so they are
 * looked at each time.
 */
const mayBeBehind = (
  { previous, promotedAt }: SecretSummary,
  { policy, followers }: Suspected,
  now: Instant,
): boolean => previous !== false || isFresh(policy, promotedAt, now) || followers.some(({ required }) => !required)

function mayBeDue({ interval, window }: RotationPolicy, since: Instant | undefined, now: Instant, soon: Instant) {
  if (interval === undefined || (since !== undefined && soon < since + interval)) return false
  return !window || isOpen(window, now) || isOpen(window, soon)
}

/** Promoted so lately that the run that did it may have died before its record. */
export const isFresh = ({ runLife }: RotationPolicy, promotedAt: Instant | undefined, now: Instant): boolean =>
  promotedAt !== undefined && now < promotedAt + runLife

export interface Looked extends Omit<PlanInput, 'state' | 'followers'> {
  readonly state: SecretState | undefined
  readonly facts: FleetFacts
  readonly followed: boolean
}

/** `ask`: the store begins the rotations of this secret itself. `nothing`: with the reason, for the count. */
export type Work =
  | { readonly do: 'rotate' | 'ask' | 'retire' | 'replicate' }
  | { readonly do: 'nothing'; readonly why: 'not-due' | 'waiting' | 'halted' | 'under-way' }

/** So long a rotation may take to be begun and tried again before it is overdue. */
export const TOLERANCE: Duration = 60 * 60_000

/** It was due, and its window open, all that time. */
export function isOverdue({ state, policy, now }: Pick<Looked, 'state' | 'policy' | 'now'>): boolean {
  if (!state || policy.interval === undefined || state.halted !== undefined) return false
  const { window } = policy
  const start = nextStart(dueSince(state), { interval: policy.interval, window }, dueSince(state))
  return start !== undefined && start + TOLERANCE <= now && (!window || isOpen(window, now))
}

const nothing = (why: Extract<Work, { do: 'nothing' }>['why']): Work => ({ do: 'nothing', why })

export function retirementDue(looked: Looked): Work {
  return asWork(planRetirement(looked), 'retire')
}

export function rotationDue(looked: Looked): Work {
  const plan = planRotation(looked)
  if (!looked.facts.rotatedBy) return asWork(plan, 'rotate')
  if (plan.do === 'steps' && !plan.resumed) return { do: 'ask' }
  return driven(looked) ? nothing('under-way') : asWork(plan, 'rotate')
}

/** Only what is promoted is copied. Where the target may hold what is pending, or an old state is shown, a rotation has to end first. */
export function replicationDue({ state, target, followed }: Looked): Work {
  if (!followed) return nothing('not-due')
  const unsettled = state?.anomaly === 'regressed' || (state?.pending && target.overlap === 'gap')
  return unsettled ? nothing('under-way') : { do: 'replicate' }
}

/** The store's own run may be at it, or is just about to bring the value; an event says at once when it has failed. */
const driven = ({ state, request, policy, now }: Looked): boolean => {
  const { pending } = state ?? {}
  if (!pending) return false
  return !pending.ours || (request.type !== 'event' && now < pending.since + policy.runLife)
}

/** What is refused is tried all the same, so that it is on record; but what was halted, and why, is on record already. */
function asWork(plan: Plan, run: 'rotate' | 'retire'): Work {
  if (plan.do === 'nothing') return nothing('not-due')
  if (plan.do === 'wait') return nothing('waiting')
  if (plan.do === 'refuse' && plan.code === 'halted') return nothing('halted')
  return { do: run }
}
