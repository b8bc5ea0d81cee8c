/**
 * Redis and Valkey: single connections by `redis`. A connection of `ioredis` is a client, so the pool is one of clients that live
 * on and connect anew.
 * @module
 */
import { Redis as Ioredis } from 'ioredis'
import { createClient } from 'redis'
import { followIoredis } from '../../../core/client/pools/ioredis.ts'
import { type Driver, type Login, POOL_SIZE } from '../driver.ts'

const ask = async (client: { get(key: string): Promise<unknown> }) => void (await client.get('key'))

const following = {
  lazyConnect: true,
  connectTimeout: 10_000,
  enableReadyCheck: false,
  retryStrategy: () => 20,
  maxRetriesPerRequest: null,
}

/** Options with another text make the driver build its class of five hundred commands again; what a function answers is no text. */
const provider = ({ username, password }: Login) => ({
  type: 'async-credentials-provider' as const,
  credentials: async () => ({ username, password }),
})

const USES = 4

export const redis: Driver = {
  uses: USES,

  async connect(at, login) {
    const socket = { ...at, connectTimeout: 10_000, reconnectStrategy: false as const }
    const client = createClient({ credentialsProvider: provider(login), socket })
    client.on('error', () => {})
    await client.connect()
    return { query: () => ask(client), close: async () => client.destroy() }
  },

  pool(at, secrets, name) {
    const clients = Array.from({ length: POOL_SIZE * 2 }, () => {
      const client = new Ioredis({ ...at, ...following })
      client.on('error', () => {})
      followIoredis(secrets, name, client)
      return { client, uses: 0 }
    })
    const idle = [...clients]
    const query = async () => {
      const taken = idle.shift()!
      try {
        await ask(taken.client)
        if (++taken.uses % USES === 0) taken.client.disconnect(true)
      } finally {
        idle.push(taken)
      }
    }
    const close = async () => {
      for (const { client } of clients) client.disconnect()
    }
    return { query, close }
  },
}
