/**
 * The process of the clients: their work must not slow down the engine that they watch, nor the other way round.
 * Started by `fleet.ts`; ends with it.
 * @module
 */
import pg from 'pg'
import { type Counts, noCounts, runClient } from './client.ts'
import { openReading, type Source, type StoredLogin } from './reading.ts'

/** From the parent: watch this secret from now on, or stop and tell. */
export type Order =
  | {
      readonly source: Source
      readonly secret: string
      readonly clients: number
      readonly refresh: number
      readonly reread: boolean
    }
  | 'stop'
export interface Report {
  readonly counts: Counts
  readonly final: boolean
}

const REPORT_MS = 100

let stopping: AbortController | undefined
process.on('disconnect', () => process.exit())
process.on('SIGINT', () => {}) // the parent decides, and its end is ours
process.on('message', (order: Order) => (order === 'stop' ? stopping?.abort() : void watch(order)))

async function watch({ source, secret, clients, refresh, reread }: Exclude<Order, 'stop'>): Promise<void> {
  const { read, close } = await openReading(source, secret)
  const counts = noCounts()
  const report = (final: boolean) => process.send!({ counts, final } satisfies Report)
  const ticking = setInterval(report, REPORT_MS, false)
  stopping = new AbortController()
  const { signal } = stopping
  await Promise.all(Array.from({ length: clients }, () => runClient({ read, query, refresh, reread }, counts, signal)))
  clearInterval(ticking)
  await close()
  report(true)
}

async function query({ host, port, username: user, password, dbname: database }: StoredLogin): Promise<void> {
  const client = new pg.Client({ host, port, user, password, database, connectionTimeoutMillis: 5_000 })
  client.on('error', () => {})
  try {
    await client.connect()
    await client.query('select 1')
  } finally {
    await client.end().catch(() => {})
  }
}
