/**
 * The later run that ends the previous credential, and the emergency that replaces, ends and verifies at once.
 * @module
 */
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

/** Kept with the promotion, so that a repeated emergency finishes the first one instead of beginning a second. */
const EMERGENCY = 'revoke-now'

/**
 * Replaces the credential, skips the grace, ends the old one with its sessions and verifies that it is refused.
 * Repeat: finishes what is left; only when nothing is left, and a run's life has passed, does it begin again.
 */
export async function revokeNow(
  setup: RotationSetup,
  request: RotationRequest,
  signal: AbortSignal,
): Promise<RotationResult[]> {
  const urgent: RotationRequest = { ...request, type: 'emergency', token: EMERGENCY, force: true }
  const done = await finishedBefore(setup, urgent, signal)
  if (done) return done
  const results = [await retire(setup, urgent, signal), await rotate(setup, urgent, signal)]
  if (results[1]?.outcome === 'rotated') results.push(await retire(setup, urgent, signal))
  return results.filter(r => r.outcome !== 'nothing-to-retire')
}

async function finishedBefore(
  setup: RotationSetup,
  request: RotationRequest,
  signal: AbortSignal,
): Promise<RotationResult[] | undefined> {
  const state = await new Run(setup, request, signal).describe()
  if (state?.request !== EMERGENCY || state.pending) return undefined
  if (state.previous) return [await retire(setup, request, signal)]
  const until = (state.promotedAt ?? 0) + setup.policy.runLife
  if (setup.clock.now() >= until) return undefined
  return [
    { outcome: 'already-rotated', until, why: 'The credential was replaced and ended by the same request just now.' },
  ]
}
