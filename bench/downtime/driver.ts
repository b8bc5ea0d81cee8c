/**
 * What the clients do with a server, whatever its engine: open a connection, ask, or keep a pool.
 * @module
 */
import type { Secrets } from '../../core/client/secrets.ts'
import type { EngineName } from './row.ts'

export interface Address {
  readonly host: string
  readonly port: number
}

export interface Login {
  readonly username: string
  readonly password: string
}

export interface Connection {
  /** Something that a server answers to nobody but a login. */
  query(): Promise<void>
  close(): Promise<void>
}

export interface Driver {
  /** Queries of one connection: without new connections, a rotation would be felt by nobody. */
  readonly uses: number
  connect(at: Address, login: Login): Promise<Connection>
  /** Follows the secret, and gives a connection up after `uses` queries, or when it idles. */
  pool(at: Address, secrets: Secrets, name: string): Connection
}

/** Connections of a pool. */
export const POOL_SIZE = 10

export async function driverOf(engine: EngineName): Promise<Driver> {
  switch (engine) {
    case 'postgres':
      return (await import('./drivers/postgres.ts')).postgres
    case 'mysql':
    case 'mariadb':
      return (await import('./drivers/mysql.ts')).mysql
    case 'redis':
    case 'valkey':
      return (await import('./drivers/redis.ts')).redis
    case 'mongodb':
      return (await import('./drivers/mongodb.ts')).mongodb
  }
}

/** A connection that is made anew every `uses` queries, and after one that failed. */
export class Churning {
  readonly #uses: number
  #open: { readonly connection: Connection; uses: number } | undefined

  constructor({ uses }: Driver) {
    this.#uses = uses
  }

  async query(connect: () => Promise<Connection>): Promise<void> {
    this.#open ??= { connection: await connect(), uses: 0 }
    const open = this.#open
    try {
      await open.connection.query()
      if (++open.uses < this.#uses) return
    } catch (error) {
      await this.close()
      throw error
    }
    await this.close()
  }

  async close(): Promise<void> {
    const open = this.#open
    this.#open = undefined
    await open?.connection.close().catch(() => {})
  }
}
