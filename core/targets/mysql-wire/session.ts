/**
 * A session with one server, once it is open: statements with their errors mapped, and a goodbye.
 * @module
 */
import type net from 'node:net'
import type { Connection } from 'mysql2'
import type { RotationError } from '../../errors.ts'
import type { Phase } from './errors.ts'
import type { Endpoint } from './options.ts'

export type Row = Readonly<Record<string, unknown>>

export interface Session {
  readonly endpoint: Endpoint
  /** One statement, one round trip; the rows, or none. */
  query(statement: string): Promise<readonly Row[]>
  /** As `query`, but an answer that does not come means `unknown-outcome`. */
  change(statement: string): Promise<void>
  /** As `query`, but what the server says against it is `probe-failed`. */
  probe(statement: string): Promise<void>
  /** Says goodbye, and does not wait for it. Repeat: nothing. */
  close(): void
}

export function sessionOver(
  connection: Connection,
  endpoint: Endpoint,
  failed: (error: unknown, phase: Phase) => RotationError,
  close: () => void,
): Session {
  const run = (phase: Phase, statement: string): Promise<readonly Row[]> =>
    new Promise((resolve, reject) => {
      connection.query(statement, (error, rows) => {
        if (error) reject(failed(error, phase))
        else resolve(Array.isArray(rows) ? (rows as Row[]) : [])
      })
    })
  let open = true
  return {
    endpoint,
    query: statement => run('statement', statement),
    change: async statement => void (await run('change', statement)),
    probe: async statement => void (await run('probe', statement)),
    close() {
      if (open) close()
      open = false
    },
  }
}

/** Says goodbye, but does not wait long for a server that has gone. */
export function farewell(connection: Connection, socket: net.Socket): void {
  const impatience = setTimeout(() => socket.destroy(), 500)
  socket.once('close', () => clearTimeout(impatience))
  connection.end(() => {}) // the server closes the connection
}
