/**
 * A pool of `pg` on a real PostgreSQL 18 that follows rotations under load, with connections that are made anew all the time.
 * Planted: with a login that is made once and not again, the gap of one user and the lagging server made these fail.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { followPg } from '../../core/client/pools/pg.ts'
import { createSecrets, type Secrets } from '../../core/client/secrets.ts'
import { startPostgres } from '../stand/postgres.ts'
import { requireServer, until } from '../stand/stand.ts'
import { churn } from './churn.ts'
import { login, MemorySource } from './support.ts'

const server = requireServer(await startPostgres({ conf: { max_connections: 60 } }))
afterAll(() => server?.stop())

describe.skipIf(server === undefined)('a pool of pg', () => {
  const TTL = 300
  let source: MemorySource
  let secrets: Secrets
  let pool: pg.Pool
  let count = 0
  const names = { owner: '', a: '', b: '' }

  const password = (role: string, text: string | null) =>
    server!.sql(`ALTER ROLE ${role} PASSWORD ${text === null ? 'NULL' : `'${text}'`}`)
  const makePool = (more: pg.PoolConfig = {}) => {
    const { host, port } = server!
    const made = new pg.Pool({ host, port, database: 'postgres', max: 10, maxUses: 5, ...more })
    made.on('error', () => {})
    return made
  }
  const sessionsOf = async (role: string): Promise<number> => {
    const client = await server!.connect()
    const found = await client.query('SELECT count(*)::int AS n FROM pg_stat_activity WHERE usename = $1', [role])
    await client.end()
    return found.rows[0].n
  }

  beforeEach(async () => {
    const owner = `owner_${++count}`
    Object.assign(names, { owner, a: `${owner}_a`, b: `${owner}_b` })
    await server!.sql(`CREATE ROLE ${owner}; CREATE ROLE ${names.a} LOGIN IN ROLE ${owner} PASSWORD 'first';
      CREATE ROLE ${names.b} LOGIN IN ROLE ${owner}`)
    source = new MemorySource(login(names.a, 'first'))
    secrets = createSecrets({ source, ttl: TTL })
    pool = makePool()
  })
  afterEach(async () => {
    secrets.close()
    await pool.end()
  })

  test('alternating users: 0 failed queries, while the old login is ended after the grace', async () => {
    followPg(secrets, 'db', pool)
    const counts = await churn(
      () => pool.query('select 1'),
      async () => {
        for (let turn = 1; turn <= 4; turn++) {
          const [next, old] = turn % 2 === 1 ? [names.b, names.a] : [names.a, names.b]
          await password(next, `turn-${turn}`)
          source.rotate(login(next, `turn-${turn}`))
          await sleep(TTL + 1_500)
          await password(old, null)
        }
      },
    )
    expect(counts).toMatchObject({ failed: 0, errors: {} })
    expect(counts.queries).toBeGreaterThan(500)
  })

  test('single user, published 50 ms after the change at the server: 0 failed queries', async () => {
    followPg(secrets, 'db', pool)
    const counts = await churn(
      () => pool.query('select 1'),
      async () => {
        for (let turn = 1; turn <= 4; turn++) {
          await password(names.a, `turn-${turn}`)
          await sleep(50)
          source.rotate(login(names.a, `turn-${turn}`))
          await sleep(500)
        }
      },
    )
    expect(counts).toMatchObject({ failed: 0, errors: {} })
    expect(counts.queries).toBeGreaterThan(500)
  })

  test('planted: a pool that has the password of its first day is seen to fail', async () => {
    const naive = makePool({ user: names.a, password: 'first' })
    const counts = await churn(
      () => naive.query('select 1'),
      () => password(names.a, 'second'),
    )
    await naive.end()
    expect(counts.errors['28P01']).toBeGreaterThan(0)
  })

  test('a query and a transaction that are under way see nothing of it', async () => {
    followPg(secrets, 'db', pool)
    const client = await pool.connect()
    await client.query('BEGIN')
    const slow = pool.query('select pg_sleep(0.5), current_user as who')
    await sleep(100)
    await password(names.b, 'second')
    source.rotate(login(names.b, 'second'))
    await secrets.refresh('db')
    await password(names.a, null)
    expect((await slow).rows[0].who).toBe(names.a)
    expect((await client.query('select current_user as who')).rows[0].who).toBe(names.a)
    await client.query('COMMIT')
    client.release()
    await until(async () => {
      expect((await pool.query('select current_user as who')).rows[0].who).toBe(names.b)
    }, 3_000)
  })

  test('connections of the old login leave as they come back; nobody is cut off', async () => {
    await pool.end()
    pool = makePool({ maxUses: Number.POSITIVE_INFINITY, idleTimeoutMillis: 0 })
    followPg(secrets, 'db', pool)
    await Promise.all(Array.from({ length: 6 }, () => pool.query('select pg_sleep(0.1)')))
    expect(await sessionsOf(names.a)).toBe(6)
    await password(names.b, 'second')
    source.rotate(login(names.b, 'second'))
    const counts = await churn(
      () => pool.query('select 1'),
      () =>
        until(async () => {
          if ((await sessionsOf(names.a)) > 0) throw new Error('the old login has sessions')
        }, 5_000),
    )
    expect(counts.failed).toBe(0)
    expect(await sessionsOf(names.b)).toBeGreaterThan(0)
  })

  test('a server that lags behind: previous is used meanwhile, and connections are not given up in turn', async () => {
    await pool.end()
    pool = makePool({ maxUses: Number.POSITIVE_INFINITY })
    followPg(secrets, 'db', pool)
    await Promise.all(Array.from({ length: 4 }, () => pool.query('select pg_sleep(0.1)')))
    source.rotate(login(names.b, 'late'))
    await secrets.refresh('db')
    const opened = new Set<unknown>()
    pool.on('connect', client => opened.add(client))
    const counts = await churn(
      () => pool.query('select 1'),
      async () => {
        await sleep(700)
        expect(opened.size).toBeLessThan(10)
        await password(names.b, 'late')
      },
    )
    expect(counts.failed).toBe(0)
  })

  test('with a password that is wrong everywhere, the server is asked a few times and the driver’s error is told', async () => {
    source.versions[0] = login(names.a, 'wrong')
    let logins = 0
    const Counting = class extends pg.Client {
      constructor(config?: pg.ClientConfig) {
        super(config)
        logins++
      }
    }
    await pool.end()
    pool = makePool({ Client: Counting } as pg.PoolConfig)
    followPg(secrets, 'db', pool, { patience: 1000 })
    const failing = await Promise.allSettled(Array.from({ length: 5 }, () => pool.query('select 1')))
    for (const each of failing) expect(each).toMatchObject({ status: 'rejected', reason: { code: '28P01' } })
    await expect(pool.query('select 1')).rejects.toThrow()
    expect(logins).toBeLessThanOrEqual(5 + 4)
  })

  test('every way to ask a pool works: promises, callbacks, a client', async () => {
    followPg(secrets, 'db', pool)
    expect((await pool.query('select 1 as n')).rows).toEqual([{ n: 1 }])
    const rows = await new Promise((resolve, reject) =>
      pool.query('select 2 as n', (error, result) => (error ? reject(error) : resolve(result.rows))),
    )
    expect(rows).toEqual([{ n: 2 }])
    await new Promise<void>((resolve, reject) =>
      pool.connect((error, _client, release) => {
        release()
        error ? reject(error) : resolve()
      }),
    )
  })

  test('stop: the pool goes on with the login that it had', async () => {
    const following = followPg(secrets, 'db', pool)
    await pool.query('select 1')
    following.stop()
    source.rotate(login(names.b, 'never'))
    await sleep(TTL + 1_500)
    for (let i = 0; i < 12; i++) await pool.query('select 1')
  })

  test('the login is not printed with the pool', async () => {
    followPg(secrets, 'db', pool)
    await pool.query('select 1')
    const { inspect } = await import('node:util')
    expect(inspect(pool, { depth: 6 })).not.toContain('first')
    expect(JSON.stringify(pool.options)).not.toContain('first')
  })

  test('a pool with a connection string is refused: it would hide the login', async () => {
    const other = new pg.Pool({ connectionString: 'postgres://u:p@127.0.0.1/postgres' })
    expect(() => followPg(secrets, 'db', other)).toThrow('connectionString')
    await other.end()
  })
})
