/**
 * `lockstep rollback`: back to the previous credential, while it is alive.
 * @module
 */
import type { Command } from 'commander'
import { rollback } from '../../core/rotation/rotate.ts'
import type { Answer } from '../answer.ts'
import { exitOf, outcomeData, outcomeText } from '../render/outcome.ts'
import type { Run, Session } from '../session.ts'
import { planAnswer } from './plan.ts'

interface RollbackOptions {
  readonly dryRun?: boolean
  readonly reason?: string
}

export function addRollback(program: Command, run: Run): void {
  program
    .command('rollback <name>')
    .summary('go back to the previous credential')
    .description(
      'Makes the previous credential current again, after it has proven to work. Refused once it is retired.',
    )
    .option('--dry-run', 'say what would happen, and do nothing')
    .option('--reason <text>', 'kept in the audit trail')
    .addHelpText('after', '\nExample:\n  lockstep rollback orders-db --reason "new login lacks a grant"')
    .action((name: string, options: RollbackOptions) => run(session => rollbackCommand(session, name, options)))
}

async function rollbackCommand(session: Session, name: string, { dryRun, reason }: RollbackOptions): Promise<Answer> {
  if (dryRun) return planAnswer(session, name, { rollback: true })
  const setup = await session.workspace.setup(name)
  const request = session.request('manual', { ...(reason !== undefined && { reason }) })
  const result = await session.working(`${name}: going back`, () => rollback(setup, request, session.io.signal))
  return {
    data: outcomeData(name, result),
    text: outcomeText(name, result, { style: session.style, now: session.io.clock.now() }),
    next: `status ${name}`,
    exit: exitOf(result),
  }
}
