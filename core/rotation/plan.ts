/**
 * What the next run does: a pure function of the policy, what the store shows, the clock and the request.
 * The rules are those of "Beginning", "Urgent" and "Changed meanwhile" in `docs/protocol.md`.
 * @module
 */
import type { ErrorCode, StepName } from '../errors.ts'
import { brokenBy, type ConsumerNeed, requiredGrace } from '../policy/consumers.ts'
import { isOpen, nextOpening } from '../policy/window.ts'
import type { Duration, Instant } from '../ports/clock.ts'
import type { RotationTarget } from '../ports/rotation-target.ts'
import type { PendingState, RotationId, SecretState, VersionId } from '../ports/secret-store.ts'
import { emergencyId, isRollback, rollbackId, rotationId } from './ids.ts'
import { type RotationPolicy, type RotationRequest, releases, type WaitReason } from './setup.ts'

export interface PlanInput {
  readonly id: string
  readonly policy: RotationPolicy
  readonly target: Pick<RotationTarget, 'strategy' | 'overlap' | 'kind'>
  readonly state: SecretState | undefined
  readonly now: Instant
  readonly request: Pick<RotationRequest, 'type' | 'force' | 'version' | 'value' | 'token' | 'release'>
  /** Required followers that do not show current, and when the last of the others began to. Absent: there are none. */
  readonly followers?: { readonly behind: readonly string[]; readonly shownAt: Instant } | undefined
}

export type Plan =
  | {
      readonly do: 'steps'
      readonly steps: readonly StepName[]
      readonly rotation: RotationId
      readonly base: VersionId
      readonly resumed: boolean
      /** Consumers may hold a dead credential until this is finished. */
      readonly urgent: boolean
    }
  | { readonly do: 'reconcile' | 'republish' }
  | { readonly do: 'retire'; readonly previous: VersionId }
  | { readonly do: 'wait'; readonly for: WaitReason; readonly until?: Instant; readonly why: string }
  | {
      readonly do: 'nothing'
      readonly outcome: 'not-due' | 'already-rotated' | 'nothing-to-retire'
      readonly until?: Instant
      readonly why: string
    }
  | { readonly do: 'refuse'; readonly code: ErrorCode; readonly why: string }

const refuse = (code: ErrorCode, why: string): Plan => ({ do: 'refuse', code, why })
const wait = (reason: WaitReason, why: string, until?: Instant): Plan => ({
  do: 'wait',
  for: reason,
  why,
  ...(until !== undefined && { until }),
})

const noSecret = refuse('secret-not-found', 'The store has no such secret.')

export function planRotation(input: PlanInput): Plan {
  const { state } = input
  if (!state) return noSecret
  if (state.anomaly === 'regressed') return { do: 'republish' }
  return state.pending ? planResume(input, state, state.pending) : planBeginning(input, state)
}

/** A rotation was begun: it is finished, whatever the schedule says. */
function planResume({ policy, target, now, request }: PlanInput, state: SecretState, pending: PendingState): Plan {
  if (!pending.ours) return refuse('not-ours', 'A pending version exists that Lockstep did not make.')
  const { rotation, base, published, setAt } = pending
  const urgent = target.overlap === 'gap'
  if (state.halted !== undefined && !urgent && !request.force) return refuse('halted', `Halted: ${state.halted}.`)
  if (published && base) return { do: 'steps', steps: ['finish'], rotation, base, resumed: true, urgent: true }
  if (base !== state.current.version) return { do: 'reconcile' }
  const settling = setAt !== undefined && !urgent
  if (settling && now < setAt + policy.settle)
    return wait('settle', 'The target needs time to take the new credential up.', setAt + policy.settle)
  const steps: StepName[] = settling ? ['create', 'test', 'finish'] : ['create', 'set', 'test', 'finish']
  return { do: 'steps', steps, rotation, base, resumed: true, urgent }
}

function planBeginning(input: PlanInput, state: SecretState): Plan {
  const { id, request } = input
  if (state.halted !== undefined && !request.force) return refuse('halted', `Halted: ${state.halted}.`)
  if (request.version !== undefined && request.version !== state.current.version)
    return { do: 'nothing', outcome: 'already-rotated', why: 'The version that the trigger names has been replaced.' }
  const steps: StepName[] = ['create', 'set', 'test', 'finish']
  const go: Plan = {
    do: 'steps',
    steps,
    rotation: idOf(id, state, request),
    base: state.current.version,
    resumed: false,
    urgent: false,
  }
  return notDue(input, state) ?? heldByPrevious(input, state) ?? tooShortGrace(input) ?? notNow(input) ?? go
}

/**
 * What keeps a rotation that a service has begun by itself from going on: it decides when one is due, and nobody else retires, so
 * the previous credential is overwritten once nobody can hold it any more. Nothing: undefined.
 */
export function planStep(input: PlanInput & { readonly state: SecretState }): Plan | undefined {
  const { policy, now, state } = input
  const { halted, retiring } = state
  if (halted !== undefined) return refuse('halted', `Halted: ${halted}.`)
  if (retiring !== undefined) return wait('retire', 'A retirement is under way.', retiring + policy.runLife)
  return heldByFollowers(input) ?? tooRecent(policy, now, shownEverywhere(input, state)) ?? tooShortGrace(input)
}

const idOf = (id: string, state: SecretState, { type, token }: PlanInput['request']): RotationId =>
  type === 'emergency' && token !== undefined ? emergencyId(id, state, token) : rotationId(id, state)

/** The strategies whose next `set` or key would take the place of the previous credential. */
export const overwritesPrevious = (target: PlanInput['target']): boolean => target.strategy !== 'single-user'

/** Not bypassed by `force`: only `emergency` breaks consumers, and says whom. */
function heldByPrevious(input: PlanInput, state: SecretState): Plan | undefined {
  const { policy, target, now, request } = input
  if (state.retiring !== undefined) return wait('retire', 'A retirement is under way.', state.retiring + policy.runLife)
  const promotedAt = shownEverywhere(input, state)
  if (state.previous && overwritesPrevious(target))
    return wait('retire', 'The previous credential is not retired yet.', graceEnd(policy, promotedAt))
  return request.type === 'emergency' ? undefined : (heldByFollowers(input) ?? tooRecent(policy, now, promotedAt))
}

/** The grace of each region's consumers counts from when theirs could read it. */
const shownEverywhere = ({ followers }: PlanInput, { promotedAt }: SecretState): Instant | undefined =>
  promotedAt === undefined ? undefined : Math.max(promotedAt, followers?.shownAt ?? 0)

function heldByFollowers({ followers, request, policy, now }: PlanInput): Plan | undefined {
  const behind = followers?.behind.filter(name => !releases(request, `follower:${name}`)) ?? []
  if (behind.length === 0) return undefined
  return wait('followers', `Required followers do not show current yet: ${behind.join(', ')}.`, now + policy.runLife)
}

/** A statement that lands late must never meet a later rotation: so rotations keep a run's life apart. */
function tooRecent(policy: RotationPolicy, now: Instant, promotedAt: Instant | undefined): Plan | undefined {
  if (promotedAt === undefined) return undefined
  const earliest = promotedAt + effectiveGrace(policy) + policy.runLife
  return now < earliest ? wait('spacing', 'The last rotation is too recent.', earliest) : undefined
}

function notDue({ policy, now, request }: PlanInput, state: SecretState): Plan | undefined {
  if (request.force || request.version !== undefined || request.value !== undefined) return undefined
  if (policy.interval === undefined) return { do: 'nothing', outcome: 'not-due', why: 'No interval is configured.' }
  const due = dueSince(state) + policy.interval
  return now < due ? { do: 'nothing', outcome: 'not-due', why: 'The interval is not over.', until: due } : undefined
}

/** What the interval counts from: the last rotation, not a person's edit after it. Never too late. */
export const dueSince = ({ anomaly, promotedAt, current }: SecretState): Instant =>
  anomaly === 'edited' && promotedAt !== undefined ? promotedAt : current.since

/** Who would still hold the old credential when the grace ends. */
export const outlivedBy = ({
  grace,
  consumers,
  replicaLag,
  propagation = 0,
}: RotationPolicy): readonly ConsumerNeed[] => brokenBy(grace, consumers, { replicaLag, propagation })

function tooShortGrace({ policy, target, request }: PlanInput): Plan | undefined {
  if (target.overlap === 'gap' || request.type === 'emergency') return undefined
  const broken = outlivedBy(policy).map(({ consumer }) => consumer.name)
  if (broken.length === 0) return undefined
  return refuse(
    'refused',
    `The grace is shorter than the refresh of: ${broken.join(', ')}. They would hold a dead credential.`,
  )
}

function notNow({ policy, now, request }: PlanInput): Plan | undefined {
  if (policy.window && !request.force && !isOpen(policy.window, now))
    return wait('window', 'The maintenance window is closed.', nextOpening(policy.window, now))
  if (policy.manual && !request.value) return wait('person', 'A person brings the value of this secret.')
  return undefined
}

/** The configured grace, or what the slowest consumer needs: it may have been declared after the rotation was begun. */
export const effectiveGrace = ({ grace, consumers, replicaLag, propagation = 0 }: RotationPolicy): Duration =>
  Math.max(grace, requiredGrace(consumers, { replicaLag, propagation }))

export const graceEnd = (policy: RotationPolicy, promotedAt: Instant | undefined): Instant | undefined =>
  promotedAt === undefined ? undefined : promotedAt + effectiveGrace(policy)

export function planRetirement(input: PlanInput): Plan {
  const { policy, state, now, request } = input
  if (!state) return noSecret
  const { previous, pending, retiring } = state
  if (!previous) return { do: 'nothing', outcome: 'nothing-to-retire', why: 'No previous credential is alive.' }
  if (pending) return wait('rotation', 'A rotation is pending; finish it first.')
  if (retiring !== undefined && now < retiring + policy.runLife)
    return wait('other-run', 'Another run retires it.', retiring + policy.runLife)
  const end = graceEnd(policy, shownEverywhere(input, state))
  const emergency = request.type === 'emergency'
  const held = emergency ? undefined : heldByFollowers(input)
  if (held) return held
  if (!emergency && (end === undefined || now < end))
    return wait('grace', 'Consumers may still hold the previous credential.', end)
  return { do: 'retire', previous: previous.version }
}

export function planRollback({ id, state, now, policy }: PlanInput): Plan {
  if (!state) return noSecret
  const { current, previous, pending, retiring } = state
  if (pending) {
    const { rotation, base, published } = pending
    const resumes = isRollback(rotation) && base !== undefined && (published || base === current.version)
    if (!resumes) return refuse('refused', 'A rotation is under way; it must be finished first: `lockstep rotate`.')
    return {
      do: 'steps',
      steps: published ? ['finish'] : ['create', 'set', 'test', 'finish'],
      rotation,
      base,
      resumed: true,
      urgent: true,
    }
  }
  if (isRollback(current.rotation) && state.anomaly === undefined)
    return {
      do: 'nothing',
      outcome: 'already-rotated',
      why: 'Current is the result of a rollback. `lockstep rotate --force` goes forward again.',
    }
  if (!previous)
    return refuse('refused', 'There is no previous credential to go back to: it was retired, or never was.')
  if (retiring !== undefined && now < retiring + policy.runLife)
    return refuse('refused', 'The previous credential is being retired.')
  if (retiring !== undefined)
    return refuse('refused', 'A retirement of the previous credential was begun; finish it: `lockstep retire`.')
  return {
    do: 'steps',
    steps: ['create', 'set', 'test', 'finish'],
    rotation: rollbackId(id, state),
    base: current.version,
    resumed: false,
    urgent: false,
  }
}
