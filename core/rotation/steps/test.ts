/**
 * test: new connections with what the store returned, on every endpoint that consumers use. Endpoints may lag behind `set`.
 * @module
 */
import { isRotationError, type RotationError } from '../../errors.ts'
import type { Duration } from '../../ports/clock.ts'
import type { Run } from '../run.ts'
import { undo } from '../undo.ts'
import type { Rotation } from './create.ts'

const FIRST_PAUSE: Duration = 50
const LONGEST_PAUSE: Duration = 2_000

export async function test(run: Run, rotation: Rotation): Promise<void> {
  const { target } = run.setup
  try {
    await testWithinLag(run, rotation)
  } catch (error) {
    if (target.kind === 'settable' && target.overlap === 'gap' && provesFailure(error))
      await undo(run, target, rotation, error)
    else throw error
  }
}

/** The credential was tried and does not do: unlike a network failure, which says nothing about it. */
const provesFailure = (error: unknown): error is RotationError =>
  isRotationError(error, 'auth-failed', 'identity-mismatch', 'probe-failed', 'login-locked', 'login-expired')

async function testWithinLag(run: Run, { pending }: Rotation): Promise<void> {
  const { target, clock, policy } = run.setup
  const patience = Math.min(clock.now() + policy.replicaLag, run.deadline)
  for (let pause = FIRST_PAUSE; ; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
    try {
      return await target.test(pending.credential, run.targetCall)
    } catch (error) {
      if (!isRotationError(error, 'auth-failed') || clock.now() + pause > patience) throw error
    }
    await clock.sleep(pause, run.signal)
  }
}
