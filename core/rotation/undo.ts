/**
 * A gap strategy's `test` proved that pending does not do: current is put back, so that consumers' credential works again.
 * @module
 */
import { isRotationError, RotationError } from '../errors.ts'
import type { SettableTarget } from '../ports/rotation-target.ts'
import { discard } from './discard.ts'
import type { Run } from './run.ts'
import type { Rotation } from './steps/create.ts'

/** Throws `failure` once current is back and pending discarded. Resolves when the target refuses to go back: then pending is promoted. */
export async function undo(
  run: Run,
  target: SettableTarget,
  { id, current, pending }: Rotation,
  failure: RotationError,
): Promise<void> {
  try {
    await target.set({ current: pending.credential, pending: current.credential }, run.targetCall)
  } catch (error) {
    if (isRotationError(error, 'value-rejected', 'permission-missing', 'auth-failed')) return
    throw error
  }
  const { refused } = await target.accepts(current.credential, run.targetCall)
  if (refused.length > 0)
    throw new RotationError('target-busy', 'Current was put back, and an endpoint does not show it yet.', {
      at: refused[0],
    })
  await discard(run, id, pending.version, `test failed: ${failure.code}`)
  throw failure
}
