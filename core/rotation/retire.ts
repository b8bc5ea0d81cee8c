/**
 * The later run that ends the previous credential, and the emergency that replaces, ends and verifies at once.
 * @module
 */
import { createHash } from 'node:crypto'
import { RotationError } from '../errors.ts'
import type { VersionId } from '../ports/secret-store.ts'
import { guarded } from './guarded.ts'
import { planRetirement } from './plan.ts'
import { rotate } from './rotate.ts'
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
  const state = await run.describe()
  const plan = planRetirement({ id, policy, target, state, now: clock.now(), request })
  switch (plan.do) {
    case 'retire':
      return retired(
        plan.previous,
        state!.current.version,
        await run.step('retire', () => step(run, state!, plan.previous)),
      )
    case 'wait':
      return {
        outcome: 'waiting',
        for: plan.for,
        why: plan.why,
        ...(plan.until !== undefined && { until: plan.until }),
      }
    case 'nothing':
      return { outcome: plan.outcome, why: plan.why }
    case 'refuse':
      throw new RotationError(plan.code, plan.why)
    default:
      throw new RotationError('internal', 'A retirement was planned as a rotation.')
  }
}

const retired = (old: VersionId, current: VersionId, sessionsEnded: number): RotationResult => ({
  outcome: 'retired',
  old,
  new: current,
  sessionsEnded,
})

/**
 * The reason is what makes two emergencies the same one: kept with the promotion as the request, so that a repetition finishes
 * the first instead of beginning a second.
 */
const emergencyToken = (reason: string): string =>
  `revoke-${createHash('sha256').update(reason).digest('hex').slice(0, 32)}`

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
  const state = await new Run(setup, urgent, signal).describe()
  if (state?.request === token && !state.pending) {
    if (state.previous) return [await retire(setup, urgent, signal)]
    return [early.outcome === 'retired' ? early : revokedBefore]
  }
  // Named, so that a promotion that lands late is recognised and not followed by another rotation.
  const version = state && { version: state.current.version }
  const results = [early, await rotate(setup, { ...urgent, ...version }, signal)]
  if (results[1]?.outcome !== 'waiting') results.push(await retire(setup, urgent, signal))
  return results.filter(r => r.outcome !== 'nothing-to-retire')
}

const revokedBefore: RotationResult = {
  outcome: 'already-rotated',
  why: 'The credential was replaced and ended for this reason already. Another leak needs another reason.',
}
