/**
 * `lockstep status`: how every secret is, the urgent ones first; or one of them in detail.
 * @module
 */
import type { Command } from 'commander'
import type { Answer } from '../answer.ts'
import { conditionOf } from '../condition.ts'
import { lookAt } from '../look.ts'
import { detailData, detailText, statusData, statusText } from '../render/status.ts'
import type { Run, Session } from '../session.ts'
import { fingerprintsOf } from '../stages.ts'

export function addStatus(program: Command, run: Run): void {
  program
    .command('status [name]')
    .summary('age, stages, what is in flight and what is next')
    .description('How every secret is, the urgent ones first; or one secret in detail. Looks at the store only.')
    .addHelpText(
      'after',
      `
Examples:
  lockstep status
  lockstep status orders-db
  lockstep status --json | jq '.secrets[] | select(.condition != "ok")'

Conditions: urgent, halted, regressed, edited, absent, pending, due, retire, grace, ok, manual.`,
    )
    .action((name: string | undefined) => run(session => (name === undefined ? all(session) : one(session, name))))
}

async function all(session: Session): Promise<Answer> {
  const { workspace, io, style, call } = session
  const now = io.clock.now()
  const names = [...workspace.config.secrets.keys()]
  const rows = await session.working(`reading ${names.length} secrets`, async () => {
    const looks = []
    for (const name of names) looks.push(await lookAt(workspace, name, call))
    return looks.map(look => ({ look, ...conditionOf(look, now) })).sort((a, b) => a.rank - b.rank)
  })
  return {
    data: { secrets: rows.map(row => ({ ...statusData(row, now), next: session.commandLine(row.next) })) },
    text: rows.length === 0 ? 'lockstep.yml names no secrets.' : statusText(rows, now, style),
    next: rows[0] === undefined ? 'check' : rows[0].next,
  }
}

async function one(session: Session, name: string): Promise<Answer> {
  const { workspace, io, style, call } = session
  const now = io.clock.now()
  const look = await lookAt(workspace, name, call)
  const row = { look, ...conditionOf(look, now) }
  const fingerprints = await fingerprintsOf(session, look)
  return {
    data: detailData(row, fingerprints, now),
    text: detailText(row, fingerprints, now, style),
    next: row.next,
  }
}
