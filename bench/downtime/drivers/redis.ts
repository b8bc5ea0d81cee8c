/** Redis and Valkey, by `ioredis`. A connection is a client here, so the pool is one of clients that live on and connect anew. */
import { Redis } from 'ioredis'
import { followIoredis } from '../../../core/client/pools/ioredis.ts'
import { type Driver, POOL_SIZE, USES } from '../driver.ts'

const ask = async (client: Redis) => void (await client.get('key'))

const quiet = { lazyConnect: true, connectTimeout: 10_000 }

export const redis: Driver = {
  async connect(at, login) {
    const client = new Redis({ ...at, ...login, ...quiet, retryStrategy: () => null })
    client.on('error', () => {})
    try {
      await client.connect()
      // What it is refused at is told to the first command only.
      await ask(client)
    } catch (error) {
      client.disconnect()
      throw error
    }
    return { query: () => ask(client), close: async () => client.disconnect() }
  },

  pool(at, secrets, name) {
    const clients = Array.from({ length: POOL_SIZE * 2 }, () => {
      const client = new Redis({ ...at, ...quiet, retryStrategy: () => 20, maxRetriesPerRequest: null })
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
