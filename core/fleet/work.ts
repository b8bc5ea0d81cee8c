/**
 * One secret at work: describe, plan, and run what the plan says. A hint, an item of a queue and an event all end here, and none of
 * them is believed: each is a reason to look.
 * @module
 */
import type { Call } from '../ports/secret-store.ts'
import { retire } from '../rotation/retire.ts'
import { recordWhatIsMissing, rotate } from '../rotation/rotate.ts'
import { Run } from '../rotation/run.ts'
import type { RotationRequest, RotationResult } from '../rotation/setup.ts'
import { isFresh, type Looked, retirementDue, rotationDue } from './due.ts'
import type { Fleet, FleetStore } from './fleet.ts'
import { kindOf, policyOf, secretOf } from './wire.ts'

/** `asked`: the store was asked for a rotation of its own, `under-way`: it has begun one. */
export type Outcome = RotationResult['outcome'] | 'asked' | 'under-way' | 'halted'

export type Todo = 'rotate' | 'retire'

/** A secret as its store shows it now, with what is asked of it. */
export interface Sight {
  readonly name: string
  readonly store: FleetStore
  readonly looked: Looked
  readonly request: RotationRequest
}

/** Unknown name: `usage`. Absent from the store: a sight too; what is done with it says so. */
export async function lookAt(
  fleet: Fleet,
  name: string,
  request: RotationRequest,
  signal: AbortSignal,
): Promise<Sight> {
  const secret = secretOf(fleet.config, name)
  const store = await fleet.store(secret.store)
  const call: Call = { signal, deadline: request.deadline, run: {} }
  const state = await store.describe(secret.id, call)
  const facts = (state && (await store.facts?.(secret.id, call))) ?? {}
  const now = fleet.clock.now()
  const looked = { id: secret.id, policy: policyOf(secret), target: kindOf(secret), state, facts, now, request }
  return { name, store, looked, request }
}

/** What was asked for, if it is due. `moved`: the secret is not what the sight shows any more. Throws RotationError. */
export async function act(
  fleet: Fleet,
  sight: Sight,
  what: Todo,
  signal: AbortSignal,
): Promise<{ readonly outcome: Outcome; readonly moved: boolean }> {
  const { name, store, looked, request } = sight
  const work = what === 'rotate' ? rotationDue(looked) : retirementDue(looked)
  if (work.do === 'nothing') {
    if (what === 'rotate') await recordEnding(fleet, sight, signal)
    return { outcome: work.why, moved: false }
  }
  if (work.do === 'ask') {
    const answer = await store.startRotation?.(looked.id, { signal, deadline: request.deadline, run: {} })
    return { outcome: started[answer ?? 'never'], moved: true }
  }
  const setup = await fleet.setup(name)
  const { outcome } = await (work.do === 'rotate' ? rotate : retire)(setup, request, signal)
  return { outcome, moved: true }
}

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
  return (await act(fleet, await lookAt(fleet, name, request, signal), what, signal)).outcome
}

/** A store that cannot be asked begins them in its own time. */
const started = { started: 'asked', 'under-way': 'under-way', never: 'not-due' } as const
