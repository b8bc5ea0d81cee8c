/**
 * `lockstep drift`: what differs between a leader and its followers. Looks only.
 * @module
 */
import type { Command } from 'commander'
import type { ExitCode } from '../../core/errors.ts'
import { type Drift, drift, type FollowerDrift } from '../../core/replication/drift.ts'
import { fleetDrift } from '../../core/replication/fleet-drift.ts'
import type { Answer } from '../answer.ts'
import { advised } from '../members.ts'
import { counted, stacked } from '../render/block.ts'
import { errorData, errorText } from '../render/error.ts'
import { followerData, membersTable } from '../render/followers.ts'
import type { Run, Session } from '../session.ts'
import { heard, replicatedNames, type Visited, visitAll } from './with-followers.ts'

interface DriftOptions {
  readonly failOnDrift?: boolean
}

export function addDrift(program: Command, run: Run): void {
  program
    .command('drift [name]')
    .summary('what differs between a leader and its followers')
    .description(
      'Compares each follower with its leader, by its marks and by the value itself, of which nothing but equality is shown. Changes nothing. Without a name: all secrets that have followers.',
    )
    .option('--fail-on-drift', 'exit code 4 if anything differs, 5 if a follower could not be asked; for alerts')
    .addHelpText(
      'after',
      `
Examples:
  lockstep drift orders-db
  lockstep drift --fail-on-drift         from a monitor
  lockstep drift --json | jq '.secrets[] | select(.drifted > 0) | .secret'

What is behind, replicate repairs. What somebody else has put there stays until a person decides.`,
    )
    .action((name: string | undefined, options: DriftOptions) => run(session => driftCommand(session, name, options)))
}

async function driftCommand(
  session: Session,
  name: string | undefined,
  { failOnDrift }: DriftOptions,
): Promise<Answer> {
  const visits = name === undefined ? await compareAll(session) : await compareOne(session, name)
  const data = visits.map(dataOf)
  const drifted = visits.reduce((sum, visit) => sum + ('result' in visit ? visit.result.drifted : 0), 0)
  const off = visits.filter(visit => 'error' in visit || visit.result.drifted > 0)
  return {
    data: name === undefined ? { drifted, secrets: data } : data[0]!,
    text: stacked(
      ...(name === undefined ? off : visits).map(visit => textOf(session, visit)),
      name === undefined ? summary(visits, drifted) : undefined,
    ),
    next: nextOf(name, off),
    exit: Math.max(0, ...visits.map(visit => exitOf(visit, failOnDrift === true))) as 0 | ExitCode,
  }
}

const compareOne = (session: Session, name: string): Promise<readonly Visited<Drift>[]> =>
  visitAll(session, replicatedNames(session, name), async (secret, report) =>
    drift(heard(await session.workspace.setup(secret), report), session.request('manual'), session.io.signal),
  )

/** As many at once as the quotas of their stores allow. */
async function compareAll(session: Session): Promise<readonly Visited<Drift>[]> {
  const { workspace, io } = session
  const names = replicatedNames(session, undefined)
  let done = 0
  const { secrets } = await session.working(`comparing ${names.length} secrets`, report =>
    fleetDrift({
      ...{ config: workspace.config, names, clock: io.clock, signal: io.signal },
      open: name => workspace.setup(name),
      request: () => session.request('manual'),
      heard: () => report(`${++done} of ${names.length} secrets compared`),
    }),
  )
  return secrets.map(one =>
    'drift' in one
      ? { name: one.secret, result: one.drift }
      : { name: one.secret, error: advised(workspace, one.secret, one.error) },
  )
}

const DIFFERS = 4
const NOT_ASKED = 5

function exitOf(visit: Visited<Drift>, failOnDrift: boolean): number {
  if ('error' in visit) return visit.error.exitCode
  if (!failOnDrift || visit.result.drifted === 0) return 0
  return visit.result.followers.some(differs) ? DIFFERS : NOT_ASKED
}

const differs = ({ standing, equal }: FollowerDrift): boolean =>
  equal === false || (standing !== 'in-sync' && standing !== 'unknown')

function dataOf(visit: Visited<Drift>): Answer['data'] {
  if ('error' in visit) return { secret: visit.name, error: errorData(visit.error, 'lockstep') }
  const { leader, epoch, sequence, drifted, followers } = visit.result
  const seen = followers.map(one => followerData(one, sequence))
  return { secret: visit.name, leader, epoch, sequence, drifted, followers: seen }
}

function textOf({ style, io }: Session, visit: Visited<Drift>): string {
  if ('error' in visit) return errorText(visit.error, 'lockstep', style)
  const { leader, epoch, sequence, drifted, followers } = visit.result
  const headline =
    drifted === 0
      ? `${style.green('✔')} ${style.bold(visit.name)}: no drift; every follower shows number ${sequence} of ${leader}`
      : `${style.red('✖')} ${style.bold(visit.name)}: ${drifted} of ${counted(followers.length, 'follower')} not as ${leader} has it (number ${sequence})`
  return stacked(headline, membersTable(followers, { epoch, sequence, now: io.clock.now(), style }))
}

function summary(visits: readonly Visited<Drift>[], drifted: number): string {
  if (visits.length === 0) return 'No secret of this configuration has followers.'
  const failed = visits.filter(visit => 'error' in visit).length
  const unseen = failed > 0 ? `; ${counted(failed, 'secret')} could not be compared` : ''
  return `${counted(visits.length, 'secret')} with followers: drift ${drifted}${unseen}.`
}

/** What only a person can decide is looked at one by one. */
function nextOf(name: string | undefined, off: readonly Visited<Drift>[]): string {
  const [first] = off
  if (!first) return name === undefined ? 'status' : `status ${name}`
  if ('error' in first) return `status ${first.name}`
  const foreign = first.result.followers.some(({ standing }) => standing === 'foreign')
  if (foreign) return `replicate ${first.name} --force --reason …`
  return off.length === 1 ? `replicate ${first.name}` : 'replicate'
}
