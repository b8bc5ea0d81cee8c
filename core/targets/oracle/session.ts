/**
 * A session with one server, once it is open: statements with their errors mapped, each with a limit of time, and a goodbye.
 * @module
 */
import { RotationError } from '../../errors.ts'
import { statementTimeout, type TargetCall } from '../../ports/rotation-target.ts'
import type { OracleConnection, OracleDriver } from './driver.ts'
import type { Phase } from './errors.ts'
import type { Context, Endpoint } from './options.ts'

export type Row = Readonly<Record<string, unknown>>

export interface Session {
  readonly endpoint: Endpoint
  query(statement: string, binds?: Readonly<Record<string, string>>): Promise<readonly Row[]>
  /** As `query`, but an answer that does not come means `unknown-outcome`. */
  change(statement: string): Promise<void>
  /** Changes the password of the session's own login, given as it logged in; likewise. */
  changePassword(login: string, from: string, to: string): Promise<void>
  /** Undone afterwards; fails with `probe-failed`. */
  probe(statement: string): Promise<void>
  /** Says goodbye, and does not wait for it. Repeat: nothing. */
  close(): void
}

/** What must be left of the time when the server has answered at the latest. */
const MARGIN = 250

export interface Parts {
  readonly driver: OracleDriver
  readonly connection: OracleConnection
  readonly endpoint: Endpoint
  /** Rejects when the session is cut; the driver gives nothing to cut. */
  readonly cut: Promise<never>
  readonly failed: (error: unknown, phase: Phase) => RotationError
  readonly close: () => void
}

export function sessionOver(
  { driver, connection, endpoint, cut, failed, close }: Parts,
  { now }: Context,
  call: TargetCall,
): Session {
  const within = async <T>(phase: Phase, work: () => Promise<T>): Promise<T> => {
    const limit = Math.floor(statementTimeout(call, now(), MARGIN))
    if (limit < 1)
      throw new RotationError('no-time', 'No time is left for a statement at the server.', { at: endpoint.name })
    try {
      connection.callTimeout = limit
      return await Promise.race([work(), cut])
    } catch (error) {
      throw failed(error, phase)
    }
  }
  const execute = (statement: string, binds = {}) =>
    connection.execute(statement, binds, { outFormat: driver.OUT_FORMAT_OBJECT })
  return {
    endpoint,
    query: (statement, binds) =>
      within('statement', async () => ((await execute(statement, binds)).rows ?? []) as readonly Row[]),
    change: statement => within('change', async () => void (await execute(statement))),
    changePassword: (login, from, to) => within('change', () => connection.changePassword(login, from, to)),
    probe: statement =>
      within('probe', async () => {
        await execute(statement)
        await connection.rollback()
      }),
    close,
  }
}
