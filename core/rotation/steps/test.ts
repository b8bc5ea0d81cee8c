/**
 * test: new connections with what the store returned, on every endpoint that consumers use. Endpoints may lag behind `set`.
 * @module
 */
import { isRotationError, type RotationError } from '../../errors.ts'
import { discard } from '../discard.ts'
import { isRollback } from '../ids.ts'
import { testWithinLag } from '../lag.ts'
import type { Run } from '../run.ts'
import { undo } from '../undo.ts'
import type { Rotation } from './create.ts'

export async function test(run: Run, rotation: Rotation): Promise<void> {
  const { target } = run.setup
  try {
    await testWithinLag(run, rotation.pending.credential)
  } catch (error) {
    if (!provesFailure(error)) throw error
    if (target.kind === 'settable' && target.overlap === 'gap') return undo(run, target, rotation, error)
    if (isRollback(rotation.id)) await giveRollbackUp(run, rotation)
    throw error
  }
}

/** The credential was tried and does not do: unlike a network failure, which says nothing about it. */
const provesFailure = (error: unknown): error is RotationError =>
  isRotationError(error, 'auth-failed', 'identity-mismatch', 'probe-failed', 'login-locked', 'login-expired')

/** Nothing was set for it, so with proof that nobody can need it, it must not stand in the way of what comes next. */
async function giveRollbackUp(run: Run, { id, current, pending }: Rotation): Promise<void> {
  const { target } = run.setup
  if ((await target.accepts(pending.credential, run.targetCall)).accepted.length > 0) return
  if ((await target.accepts(current.credential, run.targetCall)).refused.length > 0) return
  await discard(run, id, pending.version, 'the previous credential does not work any more')
}
