/**
 * A session with one server, once it is open: queries with their errors mapped, and a goodbye.
 * @module
 */
import type net from 'node:net'
import type { Client } from 'pg'
import type { RotationError } from '../../errors.ts'
import type { Phase } from './errors.ts'
import type { Endpoint } from './options.ts'

export type Row = Readonly<Record<string, unknown>>

export interface Session {
  readonly endpoint: Endpoint
  /** One round trip. Several statements in one text (without values): the rows of the last. */
  query(text: string, values?: readonly unknown[]): Promise<readonly Row[]>
  /** As `query`, but an answer that does not come means `unknown-outcome`. */
  change(text: string): Promise<void>
  /** One statement, never several, as a client library sends it; fails with `probe-failed`. */
  probe(text: string): Promise<void>
  /** Says goodbye, and does not wait for it: between set and finish every round trip counts. Repeat: nothing. */
  close(): void
}

interface Query {
  text: string
  values?: unknown[]
  queryMode?: 'extended'
}

export function sessionOver(
  client: Client,
  endpoint: Endpoint,
  failed: (error: unknown, phase: Phase) => RotationError,
  close: () => void,
): Session {
  const run = async (phase: Phase, query: Query): Promise<readonly Row[]> => {
    try {
      const result = await client.query(query)
      return ((Array.isArray(result) ? result.at(-1) : result) as { rows: Row[] }).rows
    } catch (error) {
      throw failed(error, phase)
    }
  }
  return {
    endpoint,
    query: (text, values) => run('statement', values === undefined ? { text } : { text, values: [...values] }),
    change: async text => void (await run('change', { text })),
    probe: async text => void (await run('probe', { text, queryMode: 'extended' })),
    close,
  }
}

/** Says goodbye, but does not wait long for a server that has gone. */
export async function farewell(client: Client, socket: net.Socket): Promise<void> {
  const impatience = setTimeout(() => socket.destroy(), 500)
  await client.end().catch(() => {})
  clearTimeout(impatience)
  socket.destroy()
}
