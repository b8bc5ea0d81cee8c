/**
 * One secret at work: describe, plan, and run what the plan says. A hint, an item of a queue and an event all end here, and none of
 * them is believed: each is a reason to look.
 * @module
 */
import type { SecretConfig } from '../config/types.ts'
import { isRotationError } from '../errors.ts'
import type { Call } from '../ports/secret-store.ts'
import { unled } from '../replication/lead.ts'
import { retire } from '../rotation/retire.ts'
import { recordWhatIsMissing, rotate } from '../rotation/rotate.ts'
import { Run } from '../rotation/run.ts'
import type { RotationRequest, RotationResult } from '../rotation/setup.ts'
import { bringUp, mayAsk } from './bring-up.ts'
import { isFresh, type Looked, replicationDue, retirementDue, rotationDue, type Todo } from './due.ts'
import type { Fleet, FleetStore } from './fleet.ts'
import { memberIn, placeIn } from './member.ts'
import { kindOf, policyOf, secretOf } from './wire.ts'

/**
 * `asked`: the store was asked for a rotation of its own, `under-way`: it has begun one. `replicated`: a follower was brought up,
 * `in-sync`: none had to be.
 */
export type Outcome = RotationResult['outcome'] | 'asked' | 'under-way' | 'halted' | 'replicated' | 'in-sync'

/** A secret as its store shows it now, with what is asked of it. */
export interface Sight {
  readonly name: string
  readonly store: FleetStore
  readonly looked: Looked
  readonly request: RotationRequest
}

/** Unknown name: `usage`. Absent from the store: a sight too; what is done with it says so. Another member leads: its store is not asked. */
export async function lookAt(
  fleet: Fleet,
  name: string,
  request: RotationRequest,
  signal: AbortSignal,
): Promise<Sight | 'standing-by'> {
  const secret = secretOf(fleet.config, name)
  const call: Call = { signal, deadline: request.deadline, run: {} }
  const followed = secret.followers.length > 0
  if (followed && !(await leads(fleet, secret, call))) return 'standing-by'
  const { store: storeName, id } = placeIn(secret, fleet.member)
  const store = await fleet.store(storeName)
  const state = await store.describe(id, call)
  const facts = (state && (await store.facts?.(id, call))) ?? {}
  const now = fleet.clock.now()
  const looked = { id, policy: policyOf(secret), target: kindOf(secret), state, facts, followed, now, request }
  return { name, store, looked, request }
}

async function leads(fleet: Fleet, secret: SecretConfig, call: Call): Promise<boolean> {
  const { leader } = (await fleet.register().read(secret.name, call)) ?? unled(secret.name)
  return leader === memberIn(secret, fleet.member)
}

export interface Done {
  readonly outcome: Outcome
  /** The secret is not what the sight shows any more. */
  readonly moved: boolean
  /** Every follower has what the leader has: there is nothing to replicate. */
  readonly told?: boolean
}

const due = { rotate: rotationDue, retire: retirementDue, replicate: replicationDue } as const

/** What was asked for, if it is due. Throws RotationError. */
export async function act(fleet: Fleet, sight: Sight, what: Todo, signal: AbortSignal): Promise<Done> {
  try {
    return await perform(fleet, sight, what, signal)
  } catch (error) {
    // a fail-over since the look: whoever leads now acts
    if (isRotationError(error, 'not-leader')) return { outcome: 'standing-by', moved: true }
    throw error
  }
}

async function perform(fleet: Fleet, sight: Sight, what: Todo, signal: AbortSignal): Promise<Done> {
  const { name, store, looked, request } = sight
  const work = due[what](looked)
  if (work.do === 'nothing') {
    if (what === 'rotate') await recordEnding(fleet, sight, signal)
    return { outcome: work.why, moved: false }
  }
  if (work.do === 'ask') {
    if (looked.followed && !(await mayAsk(await fleet.setup(name), request, signal)))
      return { outcome: 'waiting', moved: false }
    const answer = await store.startRotation?.(looked.id, { signal, deadline: request.deadline, run: {} })
    return { outcome: started[answer ?? 'never'], moved: true }
  }
  const setup = await fleet.setup(name)
  if (work.do === 'replicate') return { outcome: await bringUp(setup, request, signal), moved: false }
  const result = await (work.do === 'rotate' ? rotate : retire)(setup, request, signal)
  return { outcome: result.outcome, moved: true, told: told(result) }
}

/** A retirement has waited for the followers; a rotation tells them, and goes on without those that do not answer. */
const told = (result: RotationResult): boolean =>
  result.outcome === 'retired' ||
  ('followers' in result && result.followers?.every(({ standing }) => standing === 'in-sync') === true)

/**
 * A run may have died between the promotion and its record, where those are two writes, or before the hooks of its consumers: whoever
 * looks soon afterwards and finds nothing to do makes up for it. A service that drives a rotation itself asks again, and that run does.
 */
export async function recordEnding(
  fleet: Fleet,
  { name, store, looked: { state, policy, facts, now }, request }: Sight,
  signal: AbortSignal,
): Promise<void> {
  if (!state || facts.rotatedBy || !isFresh(policy, state.promotedAt, now)) return
  const setup = await fleet.setup(name)
  if (store.capabilities.records && !setup.hooks?.length) return
  await recordWhatIsMissing(new Run(setup, request, signal), state)
}

/** One thing with one secret. */
export async function workOn(
  fleet: Fleet,
  name: string,
  what: Todo,
  request: RotationRequest,
  signal: AbortSignal,
): Promise<Outcome> {
  const sight = await lookAt(fleet, name, request, signal)
  return sight === 'standing-by' ? sight : (await act(fleet, sight, what, signal)).outcome
}

/** A store that cannot be asked begins them in its own time. */
const started = { started: 'asked', 'under-way': 'under-way', never: 'not-due' } as const
