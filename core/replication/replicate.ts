/**
 * Brings every follower up to what the leader has, without a rotation; the first time, it also writes who leads.
 * @module
 */
import { RotationError, sanitise } from '../errors.ts'
import type { Call } from '../ports/secret-store.ts'
import { recordFailure, retried } from '../rotation/guarded.ts'
import { Run } from '../rotation/run.ts'
import type { RotationRequest, RotationSetup } from '../rotation/setup.ts'
import { catchUp } from './catch-up.ts'
import { confirmLead } from './lead.ts'
import { markOf } from './mark.ts'
import { firstRecord } from './record.ts'
import type { FollowerReport, Member } from './replication.ts'
import { visited } from './sight.ts'

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
  if (!run.request.force) await requireNoCopies(run)
  const [first] = members
  await register.create(secret, firstRecord(first?.name ?? self), run.call())
}

/** Copies are proof of a record that was lost: written anew, it would bring back a leader that a fail-over has replaced. */
async function requireNoCopies(run: Run): Promise<void> {
  const { members } = run.setup.replication!
  const copies = await Promise.all(
    members.map(member => visited(run, member, call => copyOf(member, call)).catch(none)),
  )
  const [found] = copies.filter(copy => copy !== undefined)
  if (!found) return
  throw new RotationError(
    'refused',
    `No record says who leads, but ${found.name} holds a copy of epoch ${found.epoch}: the record is lost.`,
    {
      next: 'Restore the store that `epochs:` names. If nobody else can lead: `lockstep replicate NAME --force --reason …` begins anew.',
    },
  )
}

async function copyOf(
  member: Member,
  call: Call,
): Promise<{ readonly name: string; readonly epoch: number } | undefined> {
  const state = await (await member.open()).describe(member.id, call)
  const mark = markOf(state?.current.rotation)
  return mark && { name: member.name, epoch: mark.epoch }
}

/** What cannot be looked at proves nothing. */
const none = (): undefined => undefined
