/**
 * `lockstep retire`: ends the old credential once its grace is over.
 * @module
 */
import { type Command, Option } from 'commander'
import { RotationError } from '../../core/errors.ts'
import { retire } from '../../core/rotation/retire.ts'
import { type Held, held } from '../../core/rotation/setup.ts'
import type { Answer } from '../answer.ts'
import { orFailOver } from '../members.ts'
import { exitOf, outcomeData, outcomeText } from '../render/outcome.ts'
import type { Run, Session } from '../session.ts'
import { parseRelease, requireFollowers } from './release.ts'
import { heard } from './with-followers.ts'

interface RetireOptions {
  readonly release?: readonly Held[]
  readonly reason?: string
}

export function addRetire(program: Command, run: Run): void {
  program
    .command('retire <name>')
    .summary('end the old credential when its grace is over')
    .description(
      'Ends the credential that the last rotation replaced, and verifies that it is refused. Waits for the grace, for required consumers and followers, and for sessions that prove somebody still uses it.',
    )
    .addOption(
      new Option(
        '--release <what...>',
        'retire although this still holds it: sessions, consumers, follower:NAME (needs --reason)',
      ).argParser<readonly Held[]>(parseRelease),
    )
    .option('--reason <text>', 'kept in the audit trail')
    .addHelpText(
      'after',
      `
Examples:
  lockstep retire orders-db
  lockstep retire orders-db --release sessions --reason 'batch job of team B, agreed'
  lockstep retire orders-db --release follower:ap --reason 'region given up, incident 812'`,
    )
    .action((name: string, options: RetireOptions) => run(session => retireCommand(session, name, options)))
}

async function retireCommand(session: Session, name: string, { release, reason }: RetireOptions): Promise<Answer> {
  if (release && !reason)
    throw new RotationError('usage', '--release needs --reason: it is kept in the audit trail.', { secret: name })
  const { workspace } = session
  requireFollowers(workspace.secret(name), release)
  const request = session.request('manual', { ...(release && { release }), ...(reason !== undefined && { reason }) })
  const result = await orFailOver(workspace, name, async () => {
    const wired = await workspace.setup(name)
    return session.working(`${name}: retiring the old credential`, report =>
      retire(heard(wired, report), request, session.io.signal),
    )
  })
  const holds = result.outcome === 'waiting' ? held.find(what => what === result.for) : undefined
  return {
    data: outcomeData(name, result),
    text: outcomeText(name, result, { style: session.style, now: session.io.clock.now() }),
    // of a follower, status says first how it stands
    next: holds ? `retire ${name} --release ${holds} --reason …` : `status ${name}`,
    exit: exitOf(result),
  }
}
