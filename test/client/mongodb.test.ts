/**
 * The real driver of MongoDB against FerretDB, under load: *protocol*, because FerretDB is not MongoDB. Each operation logs in
 * anew, as after churn: the driver keeps a connection for a millisecond only.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { MongoClient } from 'mongodb'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { followMongo, type MongoPool } from '../../core/client/pools/mongodb.ts'
import { createSecrets, type Secrets } from '../../core/client/secrets.ts'
import { startFerretDB } from '../stand/ferretdb.ts'
import { requireServer } from '../stand/stand.ts'
import { churn } from './churn.ts'
import { login, MemorySource } from './support.ts'

const server = requireServer(await startFerretDB())
afterAll(() => server?.stop())

describe.skipIf(server === undefined)('a client of mongodb on FerretDB (protocol)', () => {
  const TTL = 300
  let count = 0
  let a = ''
  let b = ''
  let admin: MongoClient
  let source: MemorySource
  let secrets: Secrets
  let mongo: MongoPool<MongoClient>

  const create = (user: string, pwd: string) =>
    admin.db('admin').command({ createUser: user, pwd, roles: [{ role: 'readAnyDatabase', db: 'admin' }] })
  const password = async (user: string, pwd: string) => {
    await admin.db('admin').command({ updateUser: user, pwd })
  }
  const ping = () => mongo.use(client => client.db('admin').command({ listDatabases: 1, nameOnly: true }))

  beforeEach(async () => {
    admin = await server!.connect()
    a = `app_${++count}_a`
    b = `app_${count}_b`
    await create(a, 'first-password')
    source = new MemorySource(login(a, 'first-password'))
    secrets = createSecrets({ source, ttl: TTL })
    mongo = followMongo(secrets, 'db', ({ username, password: value }) => {
      const auth = { username: username!, password: value.reveal() }
      return new MongoClient(`mongodb://${server!.host}:${server!.port}/`, { auth, maxIdleTimeMS: 1, maxPoolSize: 5 })
    })
  })
  afterEach(async () => {
    await mongo.close()
    secrets.close()
    await admin.close()
  })

  test('two users in turn: 0 failed operations, while the old login is ended after the grace', async () => {
    const counts = await churn(
      ping,
      async () => {
        await create(b, 'second-password')
        source.rotate(login(b, 'second-password'))
        await sleep(TTL + 1_500)
        await password(a, 'ended-password')
        await sleep(500)
        await password(a, 'third-password')
        source.rotate(login(a, 'third-password'))
        await sleep(TTL + 1_500)
      },
      { callers: 5, pause: 20 },
    )
    expect(counts).toMatchObject({ failed: 0, errors: {} })
    expect(counts.queries).toBeGreaterThan(20)
  })

  test('one user, published 50 ms after the change: 0 failed operations', async () => {
    const counts = await churn(
      ping,
      async () => {
        await password(a, 'second-password')
        await sleep(50)
        source.rotate(login(a, 'second-password'))
        await sleep(1_000)
      },
      { callers: 5, pause: 20 },
    )
    expect(counts).toMatchObject({ failed: 0, errors: {} })
  })

  test('planted: a client that has the password of its first day is seen to fail', async () => {
    const auth = { username: a, password: 'first-password' }
    const naive = new MongoClient(`mongodb://${server!.host}:${server!.port}/`, { auth, maxIdleTimeMS: 1 })
    await naive.db('admin').command({ listDatabases: 1 })
    const counts = await churn(
      () => naive.db('admin').command({ listDatabases: 1 }),
      () => password(a, 'second-password'),
      {
        callers: 3,
        pause: 20,
      },
    )
    await naive.close()
    expect(counts.errors['18']).toBeGreaterThan(0)
  })
})
