/**
 * `lockstep replicate`: brings followers up to what the leader has; the first time it also writes who leads.
 * @module
 */
import type { Command } from 'commander'
import { type ExitCode, RotationError } from '../../core/errors.ts'
import { replicate } from '../../core/replication/replicate.ts'
import type { FollowerReport } from '../../core/replication/replication.ts'
import type { Answer } from '../answer.ts'
import { leadOf, makeStores } from '../members.ts'
import { counted, stacked } from '../render/block.ts'
import { errorData, errorText } from '../render/error.ts'
import { followerData, listed, membersTable } from '../render/followers.ts'
import type { Run, Session } from '../session.ts'
import { heard, replicatedNames, type Visited, visitAll } from './with-followers.ts'

interface ReplicateOptions {
  readonly force?: boolean
  readonly reason?: string
}

export function addReplicate(program: Command, run: Run): void {
  program
    .command('replicate [name]')
    .summary('bring followers up to what the leader has')
    .description(
      'Copies the leader’s current to every follower that does not show it, and reads it back there. The first time, it also makes the copies and writes who leads. Without a name: all secrets that have followers. Current itself does not change.',
    )
    .option('--force', 'also where somebody else has put a value, which is lost (needs a name and --reason)')
    .option('--reason <text>', 'kept in the audit trail')
    .addHelpText(
      'after',
      `
Examples:
  lockstep replicate orders-db
  lockstep replicate                     from cron, beside rotate --all: repairs what is behind
  lockstep replicate orders-db --force --reason 'edited by mistake, ticket 4711'

Exit code 0: every follower shows current. 4: somebody else's value, or one later than the leader's,
is in the way: a person decides. 5: a follower could not be reached: the same command again, later.`,
    )
    .action((name: string | undefined, options: ReplicateOptions) =>
      run(session => replicateCommand(session, name, options)),
    )
}

interface Brought {
  readonly leader: string
  readonly epoch: number
  readonly sequence: number
  readonly followers: readonly FollowerReport[]
}

async function replicateCommand(
  session: Session,
  name: string | undefined,
  { force, reason }: ReplicateOptions,
): Promise<Answer> {
  if (force && (name === undefined || !reason))
    throw new RotationError('usage', '--force needs the name of one secret and --reason: a value is lost.', {
      secret: name,
    })
  const names = replicatedNames(session, name)
  const request = session.request('manual', { ...(force && { force }), ...(reason !== undefined && { reason }) })
  const visits = await visitAll(session, names, async (secret, report): Promise<Brought> => {
    const { workspace, call } = session
    const lead = (await leadOf(workspace, secret, call))!
    if (lead.error) throw lead.error
    await makeStores(workspace, secret, lead)
    const setup = heard(await workspace.setup(secret), report)
    const followers = await replicate(setup, request, session.io.signal)
    const { leader, record } = (await leadOf(workspace, secret, session.call))!
    return { leader, epoch: record?.epoch ?? 0, sequence: record?.sequence ?? 0, followers }
  })
  return answer(session, name, visits)
}

function answer(session: Session, name: string | undefined, visits: readonly Visited<Brought>[]): Answer {
  const data = visits.map(dataOf)
  const failed = visits.find(visit => exitOf(visit) !== 0)
  return {
    data: name === undefined ? { secrets: data } : data[0]!,
    text: stacked(
      ...visits.filter(visit => name !== undefined || isNews(visit)).map(visit => textOf(session, visit)),
      name === undefined ? summary(visits) : undefined,
    ),
    next: failed
      ? `${'error' in failed ? 'status' : 'drift'} ${failed.name}`
      : name === undefined
        ? 'status'
        : `status ${name}`,
    exit: Math.max(0, ...visits.map(exitOf)) as 0 | ExitCode,
  }
}

const isNews = (visit: Visited<Brought>): boolean =>
  'error' in visit || visit.result.followers.some(({ written, standing }) => written || standing !== 'in-sync')

const BEHIND = 5

/** What is only behind was not reached in time, and is tried again. */
function exitOf(visit: Visited<Brought>): number {
  if ('error' in visit) return visit.error.exitCode
  const exits = visit.result.followers.map(({ standing, error }) =>
    standing === 'in-sync' ? 0 : (error?.exitCode ?? BEHIND),
  )
  return Math.max(0, ...exits)
}

function dataOf(visit: Visited<Brought>): Answer['data'] {
  if ('error' in visit) return { secret: visit.name, error: errorData(visit.error, 'lockstep') }
  const { leader, epoch, sequence, followers } = visit.result
  return {
    ...{ secret: visit.name, leader, epoch, sequence },
    in_sync: exitOf(visit) === 0,
    followers: followers.map(one => followerData(one, sequence)),
  }
}

function textOf({ style, io }: Session, visit: Visited<Brought>): string {
  if ('error' in visit) return errorText(visit.error, 'lockstep', style)
  const { leader, epoch, sequence, followers } = visit.result
  const missing = followers.filter(({ standing }) => standing !== 'in-sync').map(({ follower }) => follower)
  const shown = followers.filter(({ standing }) => standing === 'in-sync').map(({ follower }) => follower)
  const what = `number ${sequence} of ${leader}`
  const headline =
    missing.length === 0
      ? `${style.green('✔')} ${style.bold(visit.name)}: ${listed(shown)} ${shown.length === 1 ? 'shows' : 'show'} ${what}`
      : `${style.red('✖')} ${style.bold(visit.name)}: ${listed(missing)} ${missing.length === 1 ? 'does' : 'do'} not show ${what}`
  return stacked(headline, membersTable(followers, { epoch, sequence, now: io.clock.now(), style }))
}

function summary(visits: readonly Visited<Brought>[]): string {
  if (visits.length === 0) return 'No secret of this configuration has followers.'
  const reports = visits.flatMap(visit => ('result' in visit ? visit.result.followers : []))
  const count = (which: (one: FollowerReport) => boolean): number => reports.filter(which).length
  const failed = visits.filter(visit => 'error' in visit).length
  const parts = [
    `${count(({ standing }) => standing === 'in-sync')} of ${`${reports.length} ${reports.length === 1 ? 'copy' : 'copies'}`} in sync`,
    `${count(({ written }) => written)} written now`,
    ...(failed > 0 ? [`${counted(failed, 'secret')} could not be looked at`] : []),
  ]
  return `${counted(visits.length, 'secret')} with followers: ${parts.join(', ')}.`
}
