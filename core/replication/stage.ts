/**
 * The pending value, durable at every required follower before the target is touched, where the login has it from then on: it may be
 * the only one that works, or a second one that nobody else could end, and the leader may be lost.
 * @module
 */
import { RotationError } from '../errors.ts'
import type { LeaderRecord } from '../ports/leader-register.ts'
import type { Call, RotationId, SecretState } from '../ports/secret-store.ts'
import { Waiting } from '../rotation/outcome.ts'
import type { ReadVersion, Run } from '../rotation/run.ts'
import { releases } from '../rotation/setup.ts'
import { copyTo } from './copy.ts'
import { confirmLead, nextMark, requireQuietEpoch } from './lead.ts'
import { isCopied } from './replica.ts'
import { followersOf, type Member } from './replication.ts'
import { visited, type Wanted } from './sight.ts'

/** Before `set`: this member still leads, and no run of the one before can be at work. */
export async function prepareFollowers(
  run: Run,
  rotation: { readonly id: RotationId; readonly pending: ReadVersion },
): Promise<void> {
  const record = await confirmQuiet(run)
  // with two logins the next `set` needs no password of the one before
  if (!record || run.setup.target.strategy === 'alternating-users') return
  const mark = nextMark(record, run.setup.replication!.self, rotation)
  if (record.origins.includes(mark.origin))
    throw new RotationError('stale', 'Another run has promoted this rotation, and given it its place.')
  const { value, version } = rotation.pending
  const wanted: Wanted = { mark, value, version, record, promotedAt: undefined }
  await atEvery(run, 'The pending value is not staged', async (member, call) => {
    await copyTo(run, member, wanted, 'stage', call)
  })
  // it has taken its time
  await confirmLead(run)
}

/** Before a key is asked for: whoever leads after a loss can tell it from everybody else's, and makes room for another one. */
export async function prepareIssue(run: Run, issuing: NonNullable<SecretState['issuing']>): Promise<void> {
  if (!(await confirmQuiet(run))) return
  await atEvery(run, 'That a key is asked for is not on record', async (member, call) => {
    const store = await member.open()
    await store.describe(member.id, call)
    await store.note(member.id, { issuing }, call)
  })
}

async function confirmQuiet(run: Run): Promise<LeaderRecord | undefined> {
  const record = await confirmLead(run)
  if (record) requireQuietEpoch(run, record)
  return record
}

/** Required ones are waited for, but in an emergency, and unless a person has released the run from one. */
async function atEvery(run: Run, missed: string, visit: (member: Member, call: Call) => Promise<void>): Promise<void> {
  const { replication, clock, policy } = run.setup
  const followers = followersOf(replication!)
  const done = await Promise.allSettled(
    followers.map(member =>
      visited(run, member, async call => {
        if (!(await isCopied(member, call))) await visit(member, call)
      }),
    ),
  )
  const waited = ({ name, required }: Member) => required && !releases(run.request, `follower:${name}`)
  const missing = followers.filter((member, n) => waited(member) && done[n]?.status === 'rejected')
  if (missing.length === 0 || run.request.type === 'emergency') return
  const names = missing.map(({ name }) => name).join(', ')
  throw new Waiting('followers', `${missed} yet at: ${names}.`, clock.now() + policy.runLife)
}
