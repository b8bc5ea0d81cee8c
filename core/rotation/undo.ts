/**
 * A gap strategy's `test` proved that pending does not do: current is put back, so that consumers' credential works again.
 * @module
 */
import { isRotationError, RotationError } from '../errors.ts'
import type { SettableTarget } from '../ports/rotation-target.ts'
import { discard, lastLanding } from './discard.ts'
import { acceptedWithinLag } from './lag.ts'
import { Waiting } from './outcome.ts'
import type { Run } from './run.ts'
import type { Rotation } from './steps/create.ts'

/** Throws `failure` once current is back and pending discarded, or left to the service that drives the rotation. Resolves when the target refuses to go back: then pending is promoted. */
export async function undo(
  run: Run,
  target: SettableTarget,
  rotation: Rotation,
  failure: RotationError,
): Promise<void> {
  const { id, current, pending } = rotation
  const refusal = await putBack(run, target, rotation)
  const { accepted, refused } = await acceptedWithinLag(run, current.credential)
  if (refusal && accepted.length === 0) return
  if (refused.length > 0)
    throw new RotationError('target-busy', 'Current was put back, and an endpoint does not show it yet.', {
      at: refused[0],
    })
  // The service will try again; what another invocation may be setting meanwhile must not be taken away.
  if (rotation.driven) throw failure
  const state = (await run.describe())?.pending
  if (state?.rotation !== id) throw new RotationError('stale', 'The pending version is not ours any more.')
  const safeFrom = lastLanding(run, state, !rotation.shared)
  if (run.setup.clock.now() < safeFrom)
    throw new Waiting(
      'run-life',
      `The test failed (${failure.code}); current was put back, pending is discarded later.`,
      // To the run that comes then, this one is another run.
      Math.max(safeFrom, (run.touched?.own ?? 0) + run.setup.policy.runLife),
    )
  await discard(run, id, pending.version, `test failed: ${failure.code}`)
  throw failure
}

/** Answers the refusal, if the target refuses for good. */
async function putBack(
  run: Run,
  target: SettableTarget,
  { current, pending }: Rotation,
): Promise<RotationError | undefined> {
  try {
    await target.set({ current: pending.credential, pending: current.credential }, run.changeCall)
    return undefined
  } catch (error) {
    if (isRotationError(error, 'value-rejected', 'permission-missing', 'auth-failed')) return error
    throw error
  }
}
