/**
 * `lockstep fail-over`: makes a follower the leader; with --dry-run, says what that would mean.
 * @module
 */
import type { Command } from 'commander'
import { didYouMean } from '../../core/config/nearest.ts'
import type { SecretConfig } from '../../core/config/types.ts'
import { RotationError } from '../../core/errors.ts'
import { type FailOver, failOver } from '../../core/replication/fail-over.ts'
import { placesOf } from '../../core/replication/wire.ts'
import type { Answer } from '../answer.ts'
import { type Lead, leadOf, surveyOf } from '../members.ts'
import { type Change, doneText, failOverData, planText } from '../render/fail-over.ts'
import type { Run, Session } from '../session.ts'
import { heard, withoutFollowers } from './with-followers.ts'

interface FailOverOptions {
  readonly to: string
  readonly reason?: string
  readonly dryRun?: boolean
  readonly acceptOlder?: boolean
}

export function addFailOver(program: Command, run: Run): void {
  program
    .command('fail-over <name>')
    .summary('make a follower the leader, when the leader is lost')
    .description(
      'Makes a follower the leader of a secret. The register decides, by one compare-and-set: of two operators, one wins. What the lost leader had begun is decided by what the target accepts. The old leader, coming back, refuses its own writes and becomes a follower.',
    )
    .requiredOption('--to <member>', 'the follower that is to lead; or the old leader, to go back')
    .option('--reason <text>', 'kept in the audit trail; needed, but for --dry-run')
    .option('--dry-run', 'say what would happen, who would notice and what would be lost, and do nothing')
    .option('--accept-older', 'although the follower lacks versions that the leader had given out')
    .addHelpText(
      'after',
      `
Examples:
  lockstep fail-over orders-db --to us --dry-run
  lockstep fail-over orders-db --to us --reason 'eu-central-1 is down, incident 812'
  lockstep fail-over orders-db --to eu --reason 'back home'      when it is back, and in sync

Interrupted? Run it again: it finishes what is left. Exit code 4: refused, nothing was changed
(the follower is behind, or holds somebody else's value). 5: somebody else was first.`,
    )
    .action((name: string, options: FailOverOptions) => run(session => failOverCommand(session, name, options)))
}

async function failOverCommand(session: Session, name: string, options: FailOverOptions): Promise<Answer> {
  const { workspace, call, io } = session
  const secret = workspace.secret(name)
  requireMember(secret, options.to)
  if (!options.dryRun && !options.reason)
    throw new RotationError('usage', 'A fail-over needs --reason: it is kept in the audit trail.', {
      secret: name,
      next: `Try it first: \`lockstep fail-over ${name} --to ${options.to} --dry-run\`.`,
    })
  const lead = (await leadOf(workspace, name, call))!
  if (lead.error) throw lead.error
  return options.dryRun
    ? rehearsed(session, secret, lead, options)
    : performed(session, secret, lead, options, io.signal)
}

function requireMember(secret: SecretConfig, to: string): void {
  if (secret.followers.length === 0) throw withoutFollowers(secret.name)
  const members = [...placesOf(secret).keys()]
  if (members.includes(to)) return
  throw new RotationError('usage', `No member of ${secret.name} is called ${to}${didYouMean(to, members)}`, {
    secret: secret.name,
    next: `Its members: ${members.join(', ')}. \`lockstep status ${secret.name}\` shows how each stands.`,
  })
}

/** Also where it would be refused: what would be lost is what a person decides by. */
async function rehearsed(
  session: Session,
  secret: SecretConfig,
  lead: Lead,
  options: FailOverOptions,
): Promise<Answer> {
  const { workspace, io, style } = session
  const { name } = secret
  const setup = await workspace.setup(name, options.to)
  const { result, followers } = await session.working(`${name}: looking at every member`, async () => ({
    result: await failOver(setup, session.request('manual'), io.signal, { dryRun: true, acceptOlder: true }),
    followers: await standing(session, name, lead),
  }))
  const refused = result.lost > 0 && options.acceptOlder !== true
  const change = changeOf(secret, lead, result, followers)
  const older = result.lost > 0 ? ' --accept-older' : ''
  return {
    data: { ...failOverData(change), dry_run: true, refused },
    text: planText(change, { refused, now: io.clock.now(), style }),
    next: refused ? `drift ${name}` : `fail-over ${name} --to ${options.to}${older} --reason …`,
    exit: refused ? 4 : 0,
  }
}

const standing = async ({ workspace, call }: Session, name: string, { record }: Lead) =>
  record ? (await surveyOf(workspace, { name, record, state: undefined }, call)).followers : []

const changeOf = (
  secret: SecretConfig,
  { record }: Lead,
  result: FailOver,
  followers: Change['followers'],
): Change => ({
  secret: secret.name,
  result,
  sequence: record?.sequence ?? 0,
  followers,
  consumers: secret.consumers.map(({ name }) => name),
})

async function performed(
  session: Session,
  secret: SecretConfig,
  lead: Lead,
  { to, reason, acceptOlder }: FailOverOptions,
  signal: AbortSignal,
): Promise<Answer> {
  const { workspace, io, style } = session
  const { name } = secret
  const wired = await workspace.setup(name, to)
  const request = session.request('manual', { reason: reason! })
  const result = await session.working(`${name}: ${to} becomes the leader`, report =>
    failOver(heard(wired, report), request, signal, acceptOlder ? { acceptOlder } : {}),
  )
  const after = await leadOf(workspace, name, session.call)
  const change = { ...changeOf(secret, lead, result, result.followers), after: after?.record?.sequence ?? 0 }
  return {
    data: { ...failOverData(change), dry_run: false, refused: false },
    text: doneText(change, { now: io.clock.now(), style }),
    next: `status ${name}`,
  }
}
