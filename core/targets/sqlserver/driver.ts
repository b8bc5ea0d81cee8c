/**
 * What is used of `tedious`, the protocol beneath the package `mssql`. A pool of `mssql` logs in once more than it needs to, and
 * tells a wrong password from a locked login by the text only; the connection beneath does neither.
 * @module
 */
import type { EventEmitter } from 'node:events'
import { createRequire } from 'node:module'
import type net from 'node:net'
import { driverOf } from '../common/driver.ts'

export interface Connection extends EventEmitter {
  connect(done: (error?: Error) => void): void
  execSqlBatch(request: object): void
  close(): void
}

export interface Column {
  readonly value: unknown
  readonly metadata: { readonly colName: string }
}

interface Tedious {
  readonly Connection: new (config: {
    readonly server: string
    readonly authentication: object
    readonly options: object & { readonly connector: (to: { host: string; port: number }) => Promise<net.Socket> }
  }) => Connection
  readonly Request: new (text: string, done: (error?: Error) => void) => EventEmitter
}

export const driver = (): Promise<Tedious> =>
  driverOf('SQL Server', 'mssql', async () => {
    await import('mssql')
    const here = createRequire(import.meta.url)
    // the one that `mssql` itself uses, wherever the package manager has put it
    return createRequire(here.resolve('mssql'))('tedious') as Tedious
  })
