/**
 * The pending value, durable at every required follower before the target is touched, where the login has it from then on: it may be
 * the only one that works, or a second one that nobody else could end, and the leader may be lost.
 * @module
 */
import type { RotationId } from '../ports/secret-store.ts'
import { Waiting } from '../rotation/outcome.ts'
import type { ReadVersion, Run } from '../rotation/run.ts'
import { copyTo } from './copy.ts'
import { confirmLead, nextMark, requireQuietEpoch } from './lead.ts'
import { isCopied } from './replica.ts'
import { followersOf } from './replication.ts'
import { visited, type Wanted } from './sight.ts'

/** Before `set`: this member still leads, and no run of the one before can be at work. */
export async function prepareFollowers(
  run: Run,
  rotation: { readonly id: RotationId; readonly pending: ReadVersion },
): Promise<void> {
  const record = await confirmLead(run)
  const { replication, target, policy, clock } = run.setup
  if (!record || !replication) return
  requireQuietEpoch(run, record)
  // with two logins the next `set` needs no password of the one before
  if (target.strategy === 'alternating-users') return
  const mark = nextMark(record, replication.self, rotation)
  const { value, version } = rotation.pending
  const wanted: Wanted = { mark, value, version, record, promotedAt: undefined }
  const followers = followersOf(replication)
  const staged = await Promise.allSettled(
    followers.map(member =>
      visited(run, member, async call => {
        if (!(await isCopied(member, call))) await copyTo(run, member, wanted, 'stage', call)
      }),
    ),
  )
  const missing = followers.filter(({ required }, n) => required && staged[n]?.status === 'rejected')
  // it has taken its time
  if (missing.length === 0 || run.request.type === 'emergency') return void (await confirmLead(run))
  throw new Waiting(
    'followers',
    `The pending value is not staged yet at: ${missing.map(({ name }) => name).join(', ')}.`,
    clock.now() + policy.runLife,
  )
}
