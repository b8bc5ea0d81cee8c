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

/** The last transactions of the writer's binlog; undefined where it keeps none. */
export type Position = string | undefined

export async function positionOf(writer: Session): Promise<Position> {
  const [row] = await writer.query('SELECT @@GLOBAL.gtid_binlog_pos AS position')
  return (row?.position as string | null) || undefined
}

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
 * who lags. It spares a reader the wrong passwords that max_password_errors counts.
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

/** A reader that has never replayed anything is no replica, and has nothing to wait for. */
async function applied(reader: Session, position: string, until: Instant, context: Context): Promise<void> {
  const seconds = Math.max(0, until - context.now()) / 1000
  const [row] = await reader.query(
    `SELECT IF(@@GLOBAL.gtid_slave_pos = '', 0, MASTER_GTID_WAIT(${text(position)}, ${seconds.toFixed(3)})) AS waited`,
  )
  if (row?.waited === 0) return
  throw new RotationError('target-busy', 'The reader has not yet applied the change.', { at: reader.endpoint.name })
}
