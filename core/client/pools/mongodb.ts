/**
 * `mongodb`: its credentials are fixed when a `MongoClient` is made, so a rotation means a new one. Work in hand keeps the old
 * one until it is done. Tested with mongodb 7.9.
 * @module
 */
import type { Duration } from '../../ports/clock.ts'
import { isMongoAuthFailure } from '../auth-failure.ts'
import type { SecretCredential } from '../credential.ts'
import type { Secrets } from '../secrets.ts'
import { Generations } from './generations.ts'

export interface MongoClientLike {
  connect(): Promise<unknown>
  close(): Promise<void>
}

export interface MongoPool<Client> {
  /**
   * Runs `work` with a client. It runs again after a refused login, so it is one operation, or repeatable. Cursors and sessions
   * do not outlive it.
   */
  use<T>(work: (client: Client) => Promise<T>): Promise<T>
  /** Waits for work in hand. */
  close(): Promise<void>
}

/** `make`: a `MongoClient` with this login, not connected. */
export function followMongo<Client extends MongoClientLike>(
  secrets: Secrets,
  name: string,
  make: (credential: SecretCredential) => Client,
  options: { readonly patience?: Duration } = {},
): MongoPool<Client> {
  const clients = new Generations<Client>(secrets, name, {
    async open(credential) {
      const client = make(credential)
      try {
        await client.connect()
        return client
      } catch (error) {
        await client.close().catch(() => {})
        throw error
      }
    },
    close: client => client.close(),
  })
  const how = { ...options, isAuthFailure: isMongoAuthFailure }
  return {
    use: work => clients.use(work, how),
    close: () => clients.close(),
  }
}
