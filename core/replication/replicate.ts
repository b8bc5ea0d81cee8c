/**
 * Brings every follower up to what the leader has, without a rotation; the first time, it also writes who leads.
 * @module
 */
import { RotationError, sanitise } from '../errors.ts'
import { recordFailure, retried } from '../rotation/guarded.ts'
import { Run } from '../rotation/run.ts'
import type { RotationRequest, RotationSetup } from '../rotation/setup.ts'
import { catchUp } from './catch-up.ts'
import { confirmLead } from './lead.ts'
import { firstRecord } from './record.ts'
import type { FollowerReport } from './replication.ts'

/**
 * Repeat: nothing is written, and each follower is looked at again. Only what is promoted and tested is copied. `force` overwrites what somebody else has put at a follower, and needs a reason.
 */
export async function replicate(
  setup: RotationSetup,
  request: RotationRequest,
  signal: AbortSignal,
): Promise<readonly FollowerReport[]> {
  const { replication } = setup
  if (!replication) throw new RotationError('usage', 'This secret has no followers.', { secret: setup.secret })
  if (request.force && !request.reason)
    throw new RotationError('usage', 'Overwriting what a follower holds needs a reason; it goes on record.')
  const run = new Run(setup, request, signal)
  try {
    return await retried(run, () => bringUp(run))
  } catch (thrown) {
    const failure = sanitise(thrown).in({ secret: setup.secret })
    await recordFailure(run, failure)
    throw failure
  }
}

async function bringUp(run: Run): Promise<readonly FollowerReport[]> {
  await nameFirst(run)
  await confirmLead(run)
  const state = await run.describe()
  if (!state) throw new RotationError('secret-not-found', 'The leader’s store has no such secret.')
  if (state.pending && run.setup.target.overlap === 'gap')
    throw new RotationError('busy', 'A rotation is pending, and the target may hold its value; it is finished first.')
  return catchUp(run, state)
}

/** The configuration says who leads first; from then on, only the register does. */
async function nameFirst(run: Run): Promise<void> {
  const { register, secret, self, members } = run.setup.replication!
  if (await register.read(secret, run.call())) return
  const [first] = members
  await register.create(secret, firstRecord(first?.name ?? self), run.call())
}
