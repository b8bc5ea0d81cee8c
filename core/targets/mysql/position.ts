/**
 * Waiting for replicas: by global transaction identifiers, on sessions that are open already.
 * @module
 */
import { RotationError } from '../../errors.ts'
import type { Instant } from '../../ports/clock.ts'
import type { TargetCall } from '../../ports/rotation-target.ts'
import { text } from '../mysql-wire/quote.ts'
import type { Session } from '../mysql-wire/session.ts'
import type { Context } from './options.ts'

/** Every transaction that the writer has; undefined where it keeps no identifiers (gtid_mode off, Aurora's shared storage). */
export type Position = string | undefined

export async function positionOf(writer: Session): Promise<Position> {
  const [row] = await writer.query('SELECT @@GLOBAL.gtid_executed AS position')
  return String(row?.position).replaceAll(/\s/g, '') || undefined
}

const POLL = 25
/** What the logins that follow need. */
const RESERVE = 500

/** Every reader shows what the writer had. Not by the deadline: `target-busy`. */
export async function caughtUp(
  sessions: readonly Session[],
  position: Position,
  call: TargetCall,
  context: Context,
): Promise<void> {
  if (position === undefined) return
  const readers = sessions.filter(({ endpoint }) => endpoint.role === 'reader')
  await Promise.all(readers.map(reader => applied(reader, position, call.deadline - RESERVE, context)))
}

/**
 * As `caughtUp`, but for a quarter of the time that is left and without a word if that was not enough: the caller's tests then say
 * who lags. It spares a reader the wrong passwords that FAILED_LOGIN_ATTEMPTS counts.
 */
export async function caughtUpSoon(
  sessions: readonly Session[],
  position: Position,
  call: TargetCall,
  context: Context,
): Promise<void> {
  const quarter = (call.deadline - context.now()) / 4
  await caughtUp(sessions, position, { ...call, deadline: context.now() + quarter }, context).catch(() => {})
}

async function applied(reader: Session, position: string, until: Instant, context: Context): Promise<void> {
  for (;;) {
    const [row] = await reader.query(`SELECT GTID_SUBSET(${text(position)}, @@GLOBAL.gtid_executed) AS applied`)
    if (row?.applied === 1) return
    if (context.now() + POLL >= until)
      throw new RotationError('target-busy', 'The reader has not yet applied the change.', { at: reader.endpoint.name })
    await new Promise(resolve => setTimeout(resolve, POLL))
  }
}
