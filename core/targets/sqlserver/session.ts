/**
 * A session with one server, once it is open: batches with their errors mapped, and a goodbye.
 * @module
 */
import type { EventEmitter } from 'node:events'
import type { RotationError } from '../../errors.ts'
import type { Column, Connection } from './driver.ts'
import type { Phase } from './errors.ts'
import type { Endpoint } from './options.ts'

export type Row = Readonly<Record<string, unknown>>

export interface Session {
  readonly endpoint: Endpoint
  /** One batch, one round trip; the rows of all its statements. */
  query(text: string): Promise<readonly Row[]>
  /** As `query`, but an answer that does not come means `unknown-outcome`. */
  change(text: string): Promise<void>
  /** Fails with `probe-failed`. */
  probe(text: string): Promise<void>
  /** Ends the connection. Repeat: nothing. */
  close(): void
}

export function sessionOver(
  connection: Connection,
  requestOf: (text: string, done: (error?: Error) => void) => EventEmitter,
  endpoint: Endpoint,
  failed: (error: unknown, phase: Phase) => RotationError,
  close: () => void,
): Session {
  const run = (phase: Phase, text: string): Promise<readonly Row[]> =>
    new Promise((resolve, reject) => {
      const rows: Row[] = []
      const request = requestOf(text, error => (error ? reject(failed(error, phase)) : resolve(rows)))
      request.on('row', (columns: readonly Column[]) =>
        rows.push(Object.fromEntries(columns.map(({ metadata, value }) => [metadata.colName, value]))),
      )
      connection.execSqlBatch(request)
    })
  return {
    endpoint,
    query: text => run('statement', text),
    change: async text => void (await run('change', text)),
    probe: async text => void (await run('probe', text)),
    close,
  }
}
