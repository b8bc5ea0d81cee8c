/**
 * set: the pending credential becomes valid at the target. Repeat: harmless.
 * Current is looked at once more before, because a person's edit must stop the rotation, not be overwritten by it.
 * @module
 */
import { isRotationError, RotationError } from '../../errors.ts'
import type { PendingState, SecretState } from '../../ports/secret-store.ts'
import { prepareFollowers } from '../../replication/stage.ts'
import { isRollback } from '../ids.ts'
import { outlastTheLast } from '../landing.ts'
import { Waiting } from '../outcome.ts'
import { recoverSecond, recoverSet } from '../recover.ts'
import type { Run } from '../run.ts'
import type { Rotation } from './create.ts'

export async function set(run: Run, rotation: Rotation): Promise<void> {
  const { target, policy } = run.setup
  await prepareFollowers(run, rotation)
  if (target.kind === 'issuing') return
  // The previous login is alive with its own password: a rollback to it only needs `test`.
  if (isRollback(rotation.id) && target.overlap === 'both-valid') return
  await outlastTheLast(run, rotation.state)
  // What was found pending was found a moment ago; what was brought took its time.
  const known = rotation.state.pending
  const pendingState = known?.rotation === rotation.id ? known : (await lookAgain(run, rotation)).pending!
  if (target.overlap === 'gap' && rotation.shared && !rotation.driven) await touch(run, pendingState)
  run.requireTime(policy.cutover)
  if (target.overlap === 'gap') run.shield()
  const { current, pending } = rotation
  try {
    await target.set({ current: current.credential, pending: pending.credential }, run.changeCall)
  } catch (error) {
    const second = target.strategy === 'dual-password' && isRotationError(error, 'not-ours')
    if (!second && !isRotationError(error, 'auth-failed')) {
      run.uncertain ||= isRotationError(error, 'unknown-outcome')
      throw error
    }
    const state = await lookAgain(run, rotation) // a person may have changed it in between
    const recover = second ? recoverSecond : recoverSet
    await recover(run, target, { ...rotation, state }, error)
  }
  if (policy.settle > 0 && target.overlap !== 'gap') await settle(run)
}

async function lookAgain(run: Run, { id, base }: Rotation): Promise<SecretState> {
  const state = await run.describe()
  if (state?.pending?.rotation !== id) throw new RotationError('stale', 'The pending version is not ours any more.')
  // Another worker has published it meanwhile, and its record is under way: no person's edit.
  if (state.pending.published) throw new RotationError('stale', 'The pending version has just been published.')
  if (state.current.version !== base)
    throw new RotationError('conflict', 'Current was changed by somebody after this rotation had begun.')
  return state
}

/**
 * Whoever sets what another run has brought says so first: a discard that was decided before lands on nothing, and one that
 * is decided later knows how long this statement may be under way.
 */
async function touch(run: Run, { setAt }: PendingState): Promise<void> {
  const { store, id, clock } = run.setup
  const own = Math.max(clock.now(), (setAt ?? 0) + 1)
  await store.note(id, { setAt: own }, run.call())
  run.touched = { own, others: setAt }
}

async function settle(run: Run): Promise<never> {
  const { store, id, clock, policy } = run.setup
  const setAt = clock.now()
  await store.note(id, { setAt }, run.call())
  throw new Waiting('settle', 'The target needs time to take the new credential up.', setAt + policy.settle)
}
