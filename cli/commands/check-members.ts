/**
 * What `check --connect` says of a secret's followers and of the register: whether each can be reached, and what it holds.
 * @module
 */
import type { ExitCode, RotationError } from '../../core/errors.ts'
import { firstRecord } from '../../core/replication/record.ts'
import type { FollowerReport } from '../../core/replication/replication.ts'
import type { Survey } from '../../core/replication/survey.ts'
import type { Loggable } from '../../core/secret/loggable.ts'
import { type Lead, leadOf, surveyOf } from '../members.ts'
import { stacked } from '../render/block.ts'
import { behindBy, followerData } from '../render/followers.ts'
import type { Style } from '../render/style.ts'
import type { Session } from '../session.ts'

export interface MembersSeen {
  readonly secret: string
  readonly lead: Lead
  readonly survey: Survey
}

/** Without followers: undefined. */
export async function membersOf(session: Session, secret: string): Promise<MembersSeen | undefined> {
  const { workspace, call } = session
  const lead = await leadOf(workspace, secret, call)
  if (!lead) return undefined
  // the first replication makes what is not there yet
  const absent = new Set(
    workspace
      .secret(secret)
      .followers.filter(each => !workspace.hasStore(each.store))
      .map(each => each.name),
  )
  const record = lead.record ?? firstRecord(lead.leader)
  const survey = await surveyOf(workspace, { name: secret, record, state: undefined }, call)
  const followers = survey.followers.map(one => (lead.record || !absent.has(one.follower) ? one : noCopy(one)))
  return { secret, lead, survey: { ...survey, followers } }
}

const noCopy = ({ follower, required, written }: FollowerReport): FollowerReport => ({
  ...{ follower, required, written },
  standing: 'behind',
})

const blamed = ({ lead, survey }: MembersSeen): readonly RotationError[] =>
  [lead.error, ...survey.followers.map(({ error }) => error)].filter(error => error !== undefined)

export const membersExit = (seen: MembersSeen): number =>
  Math.max(0, ...blamed(seen).map(({ exitCode }) => exitCode as ExitCode))

export function membersText(seen: MembersSeen, style: Style): string {
  const { lead, survey, secret } = seen
  return stacked(registerLine(lead, secret, style), ...survey.followers.map(one => followerLine(one, survey, style)))
}

function registerLine({ leader, record, error }: Lead, secret: string, style: Style): string {
  if (error) return `  ${style.red('✖')} ${error.message} [${error.code}]\n    ${error.next}`
  if (record) return `  ${style.green('✔')} register: ${leader} leads, epoch ${record.epoch}`
  return `  ${style.cyan('i')} register: nobody is on record yet; \`lockstep replicate ${secret}\` names ${leader}`
}

function followerLine(one: FollowerReport, { sequence }: Survey, style: Style): string {
  const { follower, standing, error } = one
  if (error)
    return `  ${style.red('✖')} follower ${follower} cannot be reached: ${error.message} [${error.code}]\n    ${error.next}`
  if (standing === 'in-sync') return `  ${style.green('✔')} follower ${follower} shows what the leader gave out last`
  if (standing !== 'behind') return `  ${style.yellow('!')} follower ${follower} answers; it is ${standing}`
  const by = behindBy(one, sequence)
  return `  ${style.green('✔')} follower ${follower} answers; ${by === undefined ? 'it has no copy yet' : `it is ${by} behind`}`
}

export const membersData = (seen: MembersSeen): { readonly [key: string]: Loggable } => ({
  secret: seen.secret,
  leader: seen.lead.record ? seen.lead.leader : null,
  ...(seen.lead.error && { error: { code: seen.lead.error.code, message: seen.lead.error.message } }),
  followers: seen.survey.followers.map(one => followerData(one, seen.survey.sequence)),
})
