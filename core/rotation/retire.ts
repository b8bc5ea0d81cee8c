/**
 * The later run that ends the previous credential, and the emergency that replaces, ends and verifies at once.
 * @module
 */
import { RotationError } from '../errors.ts'
import type { SecretState, VersionId } from '../ports/secret-store.ts'
import { heldByFollowers } from '../replication/gate.ts'
import { standsBy } from '../replication/lead.ts'
import { tellFollowers } from '../replication/tell.ts'
import { informConsumers } from './consumers.ts'
import { guarded } from './guarded.ts'
import { emergencyToken, isEmergency } from './ids.ts'
import { answerTo } from './outcome.ts'
import { graceEnd, planRetirement } from './plan.ts'
import { recordWhatIsMissing, rotate } from './rotate.ts'
import { Run } from './run.ts'
import type { RotationRequest, RotationResult, RotationSetup } from './setup.ts'
import { retire as endPrevious } from './steps/retire.ts'

/** Ends the previous credential if its grace is over. */
export const retire = (
  setup: RotationSetup,
  request: RotationRequest,
  signal: AbortSignal,
  step = endPrevious,
): Promise<RotationResult> => {
  const run = new Run(setup, request, signal)
  return guarded(run, () => pass(run, step))
}

async function pass(run: Run, step: typeof endPrevious): Promise<RotationResult> {
  const { setup, request } = run
  const { id, policy, target, clock } = setup
  const other = await standsBy(run)
  if (other) return other
  const state = await run.describe()
  if (state?.previous && state.promotedAt === undefined) return waitInFull(run)
  const input = { id, policy, target, state: withoutOwnClaim(run, state), now: clock.now(), request }
  const first = planRetirement(input)
  if (first.do !== 'retire') return answerTo(first)
  const { current } = state!
  const followers = request.type === 'emergency' ? undefined : await heldByFollowers(run, state!)
  const plan = followers ? planRetirement({ ...input, now: clock.now(), followers }) : first
  if (plan.do !== 'retire') return answerTo(plan)
  const ended = await run.step('retire', () => step(run, state!, plan.previous))
  await tellFollowers(run)
  return retired(plan.previous, current.version, ended)
}

/** A claim that this run made before a failure is no other run's. */
function withoutOwnClaim({ claimed }: Run, state: SecretState | undefined): SecretState | undefined {
  if (!state || state.previous?.version !== claimed?.version) return state
  const { retiring: _, ...unclaimed } = state
  return unclaimed
}

/** Nothing says since when consumers can read current: from now on, then. */
async function waitInFull(run: Run): Promise<RotationResult> {
  const { store, id, policy, clock } = run.setup
  const promotedAt = clock.now()
  await store.note(id, { promotedAt }, run.call())
  const until = graceEnd(policy, promotedAt)!
  return { outcome: 'waiting', for: 'grace', until, why: 'No promotion was on record; the grace counts from now.' }
}

const retired = (old: VersionId, current: VersionId, sessionsEnded: number): RotationResult => ({
  outcome: 'retired',
  old,
  new: current,
  sessionsEnded,
})

/**
 * Replaces the credential, skips the grace, ends the old one with its sessions and verifies that it is refused.
 * Repeat with the same reason: finishes what is left, or `already-rotated`. No reason: `usage`.
 */
export async function revokeNow(
  setup: RotationSetup,
  request: RotationRequest,
  signal: AbortSignal,
): Promise<RotationResult[]> {
  if (!request.reason) throw new RotationError('usage', 'An emergency needs a reason; it goes on record.')
  const token = emergencyToken(request.reason)
  const urgent: RotationRequest = { ...request, type: 'emergency', token, force: true }
  const early = await retire(setup, urgent, signal)
  if (early.outcome === 'standing-by') return [early]
  const run = new Run(setup, urgent, signal)
  const state = await run.describe()
  if (state && !state.pending && (state.request === token || isEmergency(state.current.rotation, token))) {
    await recordWhatIsMissing(run, state)
    const before = early.outcome === 'retired' ? early : revokedBefore
    const result = state.previous ? await retire(setup, urgent, signal) : before
    await informConsumers(run, state.current.version, 'asking')
    return [result]
  }
  // Named, so that a promotion that lands late is recognised and not followed by another rotation.
  const version = state && { version: state.current.version }
  const rotated = await rotate(setup, { ...urgent, ...version }, signal)
  const results = [early, rotated]
  try {
    if (rotated.outcome !== 'waiting') results.push(await retire(setup, urgent, signal))
  } finally {
    if (rotated.outcome === 'rotated') await informConsumers(run, rotated.new, 'all')
  }
  return results.filter(r => r.outcome !== 'nothing-to-retire')
}

const revokedBefore: RotationResult = {
  outcome: 'already-rotated',
  why: 'The credential was replaced and ended for this reason already. Another leak needs another reason.',
}
