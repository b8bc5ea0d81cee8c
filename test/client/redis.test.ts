/**
 * `ioredis` and `redis` on a real Redis 7 that follow a rotation: of two passwords, of two users, and of one password without
 * overlap. The connections are cut from outside all the time, so that new ones must log in.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { Cluster, Redis as Ioredis } from 'ioredis'
import { createClient } from 'redis'
import { afterAll, afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { followIoredis } from '../../core/client/pools/ioredis.ts'
import { followRedis, redisCredentials } from '../../core/client/pools/redis.ts'
import { createSecrets, type Secrets } from '../../core/client/secrets.ts'
import { startRedis } from '../stand/redis.ts'
import { requireServer, until } from '../stand/stand.ts'
import { churn } from './churn.ts'
import { login, MemorySource } from './support.ts'

const server = requireServer(await startRedis())
afterAll(() => server?.stop())

interface Client {
  get(key: string): Promise<unknown>
  whoAmI(): Promise<unknown>
  close(): void
}
type Make = (secrets: Secrets) => Promise<Client>

const drivers: readonly (readonly [string, Make])[] = [
  [
    'ioredis',
    async secrets => {
      const { host, port } = server!
      const client = new Ioredis({ host, port, lazyConnect: true, retryStrategy: () => 20, maxRetriesPerRequest: null })
      client.on('error', () => {})
      followIoredis(secrets, 'cache', client)
      await client.connect()
      return {
        get: key => client.get(key),
        whoAmI: () => client.call('ACL', 'WHOAMI'),
        close: () => client.disconnect(),
      }
    },
  ],
  [
    'redis',
    async secrets => {
      const { host, port } = server!
      const credentialsProvider = redisCredentials(secrets, 'cache')
      const client = createClient({ socket: { host, port, reconnectStrategy: 20 }, credentialsProvider })
      client.on('error', () => {})
      followRedis(secrets, 'cache', client)
      await client.connect()
      return {
        get: key => client.get(key),
        whoAmI: () => client.sendCommand(['ACL', 'WHOAMI']),
        close: () => client.destroy(),
      }
    },
  ],
]

describe.skipIf(server === undefined).each(drivers)('%s', (_, make) => {
  let source: MemorySource
  let secrets: Secrets
  let client: Client
  const acl = (...args: string[]) => server!.command(['ACL', ...args])
  const TTL = 300

  beforeEach(async () => {
    await acl('SETUSER', 'app', 'reset', 'on', '>first', '~*', '+@all')
    await acl('SETUSER', 'other', 'reset', 'on', '>second', '~*', '+@all')
    source = new MemorySource(login('app', 'first'))
    secrets = createSecrets({ source, ttl: TTL })
    client = await make(secrets)
  })
  afterEach(() => {
    client.close()
    secrets.close()
  })

  /** Cuts every connection of the application; in between, nobody is asking. */
  const cut = async () => {
    await sleep(50)
    await server!.command(['CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes'])
  }

  test('two passwords for a while: 0 failed commands, and the open connection stays', async () => {
    const counts = await churn(
      () => client.get('key'),
      async () => {
        for (let turn = 1; turn <= 3; turn++) {
          await acl('SETUSER', 'app', `>turn-${turn}`)
          source.rotate(login('app', `turn-${turn}`))
          await sleep(TTL + 1_500)
          await acl('SETUSER', 'app', 'resetpass', `>turn-${turn}`)
        }
      },
    )
    expect(counts).toMatchObject({ failed: 0, errors: {} })
    expect(counts.queries).toBeGreaterThan(500)
  })

  test('two users: the open connection becomes the other one, and 0 commands fail', async () => {
    expect(await client.whoAmI()).toBe('app')
    const counts = await churn(
      () => client.get('key'),
      async () => {
        source.rotate(login('other', 'second'))
        await until(async () => expect(await client.whoAmI()).toBe('other'), 3_000)
        // Ends the sessions of that user too: there are none.
        await acl('DELUSER', 'app')
      },
    )
    expect(counts).toMatchObject({ failed: 0, errors: {} })
  })

  test('a connection that is made anew after the change reads the secret again, whatever its age', async () => {
    secrets.close()
    client.close()
    secrets = createSecrets({ source, ttl: 3_600_000 })
    client = await make(secrets)
    await acl('SETUSER', 'app', 'resetpass', '>turn-1')
    source.rotate(login('app', 'turn-1'))
    await cut()
    expect(await client.get('key')).toBeNull()
  })

  test('refused until the secret is published: it gets back in by itself', async () => {
    await acl('SETUSER', 'app', 'resetpass', '>turn-1')
    await cut()
    await sleep(200)
    source.rotate(login('app', 'turn-1'))
    await until(async () => expect(await client.get('key')).toBeNull(), 5_000)
  })

  test('planted: without following, the next connection is refused', async () => {
    const { host, port } = server!
    const naive = new Ioredis({ host, port, username: 'app', password: 'first', retryStrategy: () => null })
    naive.on('error', () => {})
    await naive.get('key')
    await acl('SETUSER', 'app', 'resetpass', '>turn-1')
    naive.disconnect()
    await expect(naive.connect()).rejects.toThrow()
    naive.disconnect()
  })
})

describe.skipIf(server === undefined)('ioredis', () => {
  test('a lazy client connects by its first commands, and closed before that it stays closed', async () => {
    await server!.command(['ACL', 'SETUSER', 'app', 'reset', 'on', '>first', '~*', '+@all'])
    const source = new MemorySource(login('app', 'first'))
    const secrets = createSecrets({ source })
    const make = () => {
      const client = new Ioredis({ host: server!.host, port: server!.port, lazyConnect: true })
      client.on('error', () => {})
      followIoredis(secrets, 'cache', client)
      return client
    }
    source.hold()
    const closed = make()
    const refused = closed.get('a').catch(() => 'refused')
    closed.disconnect()
    const client = make()
    const both = Promise.all([client.get('a'), client.get('b')])
    source.release()
    expect(await both).toEqual([null, null])
    expect(await refused).toBe('refused')
    await sleep(50)
    expect(closed.status).toBe('end')
    client.disconnect()
    secrets.close()
  })

  test('that is closed while it reads the secret stays closed', async () => {
    await server!.command(['ACL', 'SETUSER', 'app', 'reset', 'on', '>first', '~*', '+@all'])
    const source = new MemorySource(login('app', 'first'))
    const secrets = createSecrets({ source, ttl: 3_600_000 })
    const { host, port } = server!
    const client = new Ioredis({ host, port, lazyConnect: true, retryStrategy: () => 1 })
    client.on('error', () => {})
    followIoredis(secrets, 'cache', client)
    await client.connect()
    source.hold()
    const { reads } = source
    await server!.command(['CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes'])
    await until(() => expect(source.reads).toBeGreaterThan(reads), 3_000)
    client.disconnect()
    source.release()
    await until(() => expect(client.status).toBe('end'), 3_000)
    await sleep(50)
    expect(client.status).toBe('end')
    secrets.close()
  })
})

test('a Cluster of ioredis: each node logs in anew, and new nodes with what is current', async ({ skip }) => {
  const node = requireServer(await startRedis({ cluster: true, conf: { 'cluster-announce-ip': '127.0.0.1' } }))
  if (node === undefined) return skip('no server')
  onTestFinished(() => node.stop())
  await node.command(['CLUSTER', 'ADDSLOTSRANGE', '0', '16383'])
  await node.command(['ACL', 'SETUSER', 'app', 'reset', 'on', '>first', '~*', '+@all'])
  const source = new MemorySource(login('app', 'first'))
  const secrets = createSecrets({ source, ttl: 300 })
  const client = new Cluster([{ host: node.host, port: node.port }], {
    lazyConnect: true,
    clusterRetryStrategy: () => 50,
  })
  client.on('error', () => {})
  followIoredis(secrets, 'cache', client)
  onTestFinished(() => {
    client.disconnect()
    secrets.close()
  })
  await until(async () => expect(await node.command(['CLUSTER', 'INFO'])).toContain('cluster_state:ok'))
  await client.connect()
  expect(await client.get('key')).toBeNull()
  const counts = await churn(
    () => client.get('key'),
    async () => {
      await node.command(['ACL', 'SETUSER', 'app', '>second'])
      source.rotate(login('app', 'second'))
      await sleep(600)
      await node.command(['ACL', 'SETUSER', 'app', 'resetpass', '>second'])
    },
  )
  expect(counts).toMatchObject({ failed: 0, errors: {} })
  await node.command(['CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes'])
  await until(async () => expect(await client.get('key')).toBeNull(), 5_000)
})
