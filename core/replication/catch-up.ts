/**
 * Every follower at once: looked at, brought up to what the leader has, and read back in its own region. One that fails takes nothing
 * from the others and is tried again by the next run.
 * @module
 */
import { RotationError } from '../errors.ts'
import type { SecretState } from '../ports/secret-store.ts'
import type { Run } from '../rotation/run.ts'
import { requireUnmoved } from '../rotation/unmoved.ts'
import { copyTo, retireCopy } from './copy.ts'
import { publish } from './lead.ts'
import { lookAtReplica } from './replica.ts'
import { type FollowerReport, followersOf, type Member } from './replication.ts'
import { failed, report, visited, type Wanted } from './sight.ts'

/**
 * `state`: the leader's, as this run has just described it, with nothing pending. A leader's version that no rotation of ours has
 * tested is tested first. Answers in the order of the configuration.
 */
export async function catchUp(run: Run, state: SecretState): Promise<readonly FollowerReport[]> {
  const { setup } = run
  const { replication } = setup
  if (!replication) return []
  await requireTested(run, state)
  const { mark, record } = await publish(run, state)
  const { value, version } = await run.read(state.current.version)
  const wanted: Wanted = { mark, value, version, record, promotedAt: state.promotedAt }
  const reports = await Promise.all(
    followersOf(replication).map(async member => {
      const one = await follow(run, member, wanted, state)
      replication.heard?.(one)
      return one
    }),
  )
  for (const each of reports) await recordFollower(run, each, state)
  return reports
}

async function follow(run: Run, member: Member, wanted: Wanted, state: SecretState): Promise<FollowerReport> {
  try {
    return await visited(run, member, async call => {
      const replica = await lookAtReplica(run, member, wanted, call)
      if (replica) return replica
      const { sight, written, overwrote = [] } = await copyTo(run, member, wanted, 'show', call)
      if (sight.standing === 'in-sync' && !state.previous) await retireCopy(run, member, sight, call)
      return { ...report(member, sight, wanted, written), ...(overwrote.length > 0 && { overwrote }) }
    })
  } catch (thrown) {
    return outcomeOf(member, thrown)
  }
}

function outcomeOf(member: Member, thrown: unknown): FollowerReport {
  const lost = failed(member, thrown)
  if (lost.error?.code === 'follower-ahead') return { ...lost, standing: 'ahead' }
  if (lost.error?.code === 'follower-foreign') return { ...lost, standing: 'foreign' }
  return lost
}

/** What a person has put is tried before others get it. */
async function requireTested(run: Run, { promotedAt, anomaly, current }: SecretState): Promise<void> {
  if (promotedAt !== undefined && anomaly === undefined) return
  const { credential } = await run.read(current.version)
  const { refused } = await run.setup.target.accepts(credential, run.targetCall)
  if (refused.length === 0) return
  await requireUnmoved(run, current.version)
  throw new RotationError('auth-failed', 'The target refuses current; it is not given to followers.', {
    at: refused[0],
  })
}

/** What was written, and what could not be. That all is in order is no news. */
async function recordFollower(run: Run, one: FollowerReport, { current }: SecretState): Promise<void> {
  const { follower, required, standing, written, epoch, sequence, lag, overwrote, error } = one
  if (!written && standing === 'in-sync') return
  await run.record('follower_updated', {
    result: standing === 'in-sync' ? 'success' : 'failure',
    versions: { new: current.version },
    details: {
      follower,
      required,
      standing,
      ...(epoch !== undefined && { epoch }),
      ...(sequence !== undefined && { sequence }),
      ...(lag !== undefined && { lag_ms: lag }),
      ...(overwrote && { overwrote: overwrote.join(', ') }),
      ...(error && { error_code: error.code, message: error.message }),
    },
  })
}
