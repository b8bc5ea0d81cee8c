/**
 * set: the pending credential becomes valid at the target. Repeat: harmless.
 * Current is looked at once more before, because a person's edit must stop the rotation, not be overwritten by it.
 * @module
 */
import { isRotationError, RotationError } from '../../errors.ts'
import { isRollback } from '../ids.ts'
import { Waiting } from '../outcome.ts'
import { recoverSet } from '../recover.ts'
import type { Run } from '../run.ts'
import type { Rotation } from './create.ts'

export async function set(run: Run, rotation: Rotation): Promise<void> {
  const { target, policy } = run.setup
  if (target.kind === 'issuing') return
  // The previous login is alive with its own password: a rollback to it only needs `test`.
  if (isRollback(rotation.id) && target.overlap === 'both-valid') return
  await lookAgain(run, rotation)
  if (target.overlap === 'gap' && rotation.resumed) await touch(run, rotation)
  run.requireTime(policy.cutover)
  if (target.overlap === 'gap') run.shield()
  const { current, pending } = rotation
  try {
    await target.set({ current: current.credential, pending: pending.credential }, run.targetCall)
  } catch (error) {
    if (!isRotationError(error, 'auth-failed')) {
      run.uncertain ||= isRotationError(error, 'unknown-outcome')
      throw error
    }
    await lookAgain(run, rotation) // a person may have changed it in between
    await recoverSet(run, target, rotation, error)
  }
  if (policy.settle > 0 && target.overlap !== 'gap') await settle(run)
}

async function lookAgain(run: Run, { id, base }: Rotation): Promise<void> {
  const state = await run.describe()
  if (state?.pending?.rotation !== id) throw new RotationError('stale', 'The pending version is not ours any more.')
  if (state.current.version !== base)
    throw new RotationError('conflict', 'Current was changed by somebody after this rotation had begun.')
}

/** An earlier run may have sent a discard of this pending that has not landed: touching the record makes it land on nothing. */
function touch(run: Run, { state }: Rotation): Promise<void> {
  const { store, id } = run.setup
  return store.note(id, { attempts: state.attempts }, run.call())
}

async function settle(run: Run): Promise<never> {
  const { store, id, clock, policy } = run.setup
  const setAt = clock.now()
  await store.note(id, { setAt }, run.call())
  throw new Waiting('settle', 'The target needs time to take the new credential up.', setAt + policy.settle)
}
