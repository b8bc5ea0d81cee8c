/**
 * What differs between a leader and its followers, by looking only: marks, and the values themselves, of which nothing but equality
 * leaves this file.
 * @module
 */
import { RotationError } from '../errors.ts'
import type { LeaderRecord } from '../ports/leader-register.ts'
import { Run } from '../rotation/run.ts'
import type { RotationRequest, RotationSetup } from '../rotation/setup.ts'
import { leaderOf } from './lead.ts'
import { originOf } from './mark.ts'
import { lookAtReplica } from './replica.ts'
import { type FollowerReport, followersOf, type Member } from './replication.ts'
import { failed, holdsCopy, judge, report, visited, type Wanted } from './sight.ts'

export interface FollowerDrift extends FollowerReport {
  /** Whether the value there is what the leader's would be there. Undefined: it could not be compared. */
  readonly equal?: boolean
}

export interface Drift {
  readonly leader: string
  readonly epoch: number
  readonly sequence: number
  readonly followers: readonly FollowerDrift[]
  /** How many followers show something else than they should, or cannot be looked at. */
  readonly drifted: number
}

/** `setup` acts for the member that leads; where it does not: `not-leader`. Changes nothing, in no store. */
export async function drift(setup: RotationSetup, request: RotationRequest, signal: AbortSignal): Promise<Drift> {
  const { replication } = setup
  if (!replication) throw new RotationError('usage', 'This secret has no followers.', { secret: setup.secret })
  const run = new Run(setup, request, signal)
  const record = await leaderOf(run, replication)
  if (record.leader !== replication.self)
    throw new RotationError('not-leader', `${record.leader} leads this secret.`, { secret: setup.secret })
  const wanted = await wantedNow(run, record)
  const followers = await Promise.all(
    followersOf(replication).map(async member => {
      const one = await compare(run, member, wanted)
      replication.heard?.(one)
      return one
    }),
  )
  const drifted = followers.filter(({ standing, equal }) => standing !== 'in-sync' || equal === false).length
  return { leader: record.leader, epoch: record.epoch, sequence: wanted.mark.sequence, followers, drifted }
}

/** A version that has no place in the order yet would get the next one. */
async function wantedNow(run: Run, record: LeaderRecord): Promise<Wanted> {
  const state = await run.describe()
  if (!state) throw new RotationError('secret-not-found', 'The leader’s store has no such secret.')
  const { value, version } = await run.read(state.current.version)
  const origin = originOf(record.leader, state.current)
  const sequence = record.origins[0] === origin ? record.sequence : record.sequence + 1
  return { mark: { epoch: record.epoch, sequence, origin }, value, version, record, promotedAt: state.promotedAt }
}

async function compare(run: Run, member: Member, wanted: Wanted): Promise<FollowerDrift> {
  try {
    return await visited(run, member, async call => {
      const replica = await lookAtReplica(run, member, wanted, call, false)
      if (replica) return replica
      const store = await member.open()
      const state = await store.describe(member.id, call)
      const seen = report(member, judge(state, wanted, member.name), wanted)
      if (!state) return seen
      const { members } = run.setup.replication!
      return { ...seen, equal: await holdsCopy(store, member, members, { state, value: wanted.value, call }) }
    })
  } catch (thrown) {
    return failed(member, thrown)
  }
}
