/**
 * How followers stand, by their marks alone: no value is read, nothing is written, and it works while the leader is lost.
 * @module
 */
import type { LeaderRecord } from '../ports/leader-register.ts'
import type { SecretState } from '../ports/secret-store.ts'
import { originOf } from './mark.ts'
import { lookAtReplica } from './replica.ts'
import type { FollowerReport, Member, Visitor } from './replication.ts'
import { type Expected, failed, judge, report, visited } from './sight.ts'

export interface Survey {
  /** What every follower should show; without the leader's state, what it last gave out. */
  readonly epoch: number
  readonly sequence: number
  /** All members but the one that leads, in the order of the configuration. */
  readonly followers: readonly FollowerReport[]
}

/** `state`: the leader's. Undefined: it cannot be read. */
export async function survey(run: Visitor, record: LeaderRecord, state: SecretState | undefined): Promise<Survey> {
  const { members, heard } = run.setup.replication!
  const wanted = wantedOf(record, state)
  const followers = await Promise.all(
    members
      .filter(({ name }) => name !== record.leader)
      .map(async member => {
        const one = await look(run, member, wanted)
        heard?.(one)
        return one
      }),
  )
  const { epoch, sequence } = wanted.mark
  return { epoch, sequence, followers }
}

/** A version that has no place in the order yet would get the next one. */
function wantedOf(record: LeaderRecord, state: SecretState | undefined): Expected {
  const { epoch, leader, origins, sequence } = record
  const origin = state ? originOf(leader, state.current) : (origins[0] ?? '')
  const next = origins.includes(origin) || state === undefined ? sequence : sequence + 1
  const version = state?.current.version ?? ('' as Expected['version'])
  return { mark: { epoch, sequence: next, origin }, version, record, promotedAt: state?.promotedAt }
}

async function look(run: Visitor, member: Member, wanted: Expected): Promise<FollowerReport> {
  try {
    return await visited(run, member, async call => {
      const replica = await lookAtReplica(run, member, wanted, call, false)
      if (replica) return replica
      const store = await member.open()
      return report(member, judge(await store.describe(member.id, call), wanted, member.name), wanted)
    })
  } catch (thrown) {
    return failed(member, thrown)
  }
}
