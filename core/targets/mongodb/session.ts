/**
 * A session with one server, once it is open: commands with their errors mapped, and a goodbye.
 * @module
 */
import type { Document, MongoClient } from 'mongodb'
import type { RotationError } from '../../errors.ts'
import type { Endpoint } from '../common/endpoint.ts'
import type { Phase } from './errors.ts'

export type Command = Readonly<Record<string, unknown>>

export interface Session {
  readonly endpoint: Endpoint
  /** Takes changes, as the server said when the session was opened: a primary, a single server, a router. */
  readonly writable: boolean
  run(database: string, command: Command): Promise<Document>
  /** As `run`, but an answer that does not come means `unknown-outcome`. */
  change(database: string, command: Command): Promise<Document>
  /** Fails with `probe-failed`. */
  probe(database: string, command: Command): Promise<Document>
  /** Says goodbye, and does not wait for it. Repeat: nothing. */
  close(): void
}

export function sessionOver(
  client: MongoClient,
  on: { readonly endpoint: Endpoint; readonly writable: boolean },
  failed: (error: unknown, phase: Phase) => RotationError,
  close: () => void,
): Session {
  const as = (phase: Phase) => async (database: string, command: Command) => {
    try {
      return await client.db(database).command(command)
    } catch (error) {
      throw failed(error, phase)
    }
  }
  return { ...on, run: as('statement'), change: as('change'), probe: as('probe'), close }
}
