/**
 * `lockstep status`: how every secret is, the urgent ones first; or one of them in detail.
 * @module
 */
import type { Command } from 'commander'
import { type ErrorCode, type ExitCode, isRotationError } from '../../core/errors.ts'
import type { Answer } from '../answer.ts'
import { conditionOf, unreadable } from '../condition.ts'
import { configuredLook, lookAt } from '../look.ts'
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

Conditions: urgent, unreadable, halted, regressed, edited, absent, pending, due, retire, grace, ok, manual.`,
    )
    .action((name: string | undefined) => run(session => (name === undefined ? all(session) : one(session, name))))
}

async function all(session: Session): Promise<Answer> {
  const { workspace, io, style } = session
  const now = io.clock.now()
  const names = [...workspace.config.secrets.keys()]
  const rows = await session.working(`reading ${names.length} secrets`, async () => {
    const seen = []
    for (const name of names) seen.push(await rowOf(session, name, now))
    return seen.sort((a, b) => a.rank - b.rank)
  })
  const exits = rows.map(({ error }) => error?.exitCode ?? 0)
  return {
    data: { secrets: rows.map(row => ({ ...statusData(row, now), next: session.commandLine(row.next) })) },
    text: rows.length === 0 ? 'lockstep.yml names no secrets.' : statusText(rows, now, style),
    next: rows[0] === undefined ? 'check' : rows[0].next,
    exit: Math.max(0, ...exits) as 0 | ExitCode,
  }
}

/** What the store says of one secret alone: whatever else fails would fail for all of them. */
const OF_ONE: readonly ErrorCode[] = ['access-denied', 'refused', 'busy', 'not-ours', 'value-unsuitable']

async function rowOf({ workspace, call }: Session, name: string, now: number) {
  try {
    const look = await lookAt(workspace, name, call)
    return { look, ...conditionOf(look, now), error: undefined }
  } catch (error) {
    if (!isRotationError(error, ...OF_ONE)) throw error
    return { look: configuredLook(workspace, name), ...unreadable(name, error), error }
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
