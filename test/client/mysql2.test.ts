/**
 * Pools of `mysql2` on a real MySQL and a real MariaDB that follow rotations under load, with connections that are made anew all
 * the time. Planted: with old connections kept, the old login kept its sessions.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import mysql, { type PoolConnection } from 'mysql2'
import promises from 'mysql2/promise'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { followMysql2 } from '../../core/client/pools/mysql2.ts'
import { createSecrets, type Secrets } from '../../core/client/secrets.ts'
import { startMariadb } from '../stand/mariadb.ts'
import { startMysql } from '../stand/mysql.ts'
import { requireServer, until } from '../stand/stand.ts'
import { churn } from './churn.ts'
import { login, MemorySource } from './support.ts'

const mysqld = requireServer(await startMysql({ conf: { 'max-connections': 100 } }))
const mariadbd = requireServer(await startMariadb({ tls: true }))
const servers = [
  ['MySQL', mysqld],
  ['MariaDB', mariadbd],
] as const
afterAll(async () => {
  for (const [, server] of servers) await server?.stop()
})

describe.each(servers)('a pool of mysql2 on %s', (kind, server) => {
  const TTL = 300
  let source: MemorySource
  let secrets: Secrets
  let pool: mysql.Pool
  let count = 0
  let a = ''
  let b = ''

  const sql = async (...statements: string[]) => {
    for (const each of statements) await server!.sql(each)
  }
  const password = (user: string, text: string, more = '') =>
    sql(`ALTER USER ${user}@'%' IDENTIFIED BY '${text}'${more}`)
  const makePool = (more: mysql.PoolOptions = {}) => {
    const { host, port, tls } = server!
    return mysql.createPool({ host, port, connectionLimit: 10, ...(tls && { ssl: { ca: tls.ca } }), ...more })
  }
  /** One query; every third time, its connection is not used again. */
  const query = (text = 'select 1 as n') =>
    new Promise((resolve, reject) =>
      pool.getConnection((refused: unknown, connection: PoolConnection) => {
        if (refused) return reject(refused)
        connection.query(text, (error, rows) => {
          count++
          if (count % 3 === 0) connection.destroy()
          else connection.release()
          error ? reject(error) : resolve(rows)
        })
      }),
    )

  beforeEach(async ({ skip }) => {
    if (server === undefined) return skip('no server')
    a = `app_${++count}_a`
    b = `app_${count}_b`
    await sql(`CREATE USER ${a}@'%' IDENTIFIED BY 'first'`, `CREATE USER ${b}@'%' IDENTIFIED BY 'none-yet'`)
    source = new MemorySource(login(a, 'first'))
    secrets = createSecrets({ source, ttl: TTL })
    pool = makePool()
  })
  afterEach(async () => {
    secrets?.close()
    await new Promise(resolve => pool?.end(resolve))
  })

  test('alternating users: 0 failed queries, while the old login is ended after the grace', async () => {
    followMysql2(secrets, 'db', pool)
    const counts = await churn(query, async () => {
      for (let turn = 1; turn <= 3; turn++) {
        const [next, old] = turn % 2 === 1 ? [b, a] : [a, b]
        await password(next, `turn-${turn}`)
        source.rotate(login(next, `turn-${turn}`))
        await sleep(TTL + 1_500)
        await password(old, `ended-${turn}`)
      }
    })
    expect(counts).toMatchObject({ failed: 0, errors: {} })
    expect(counts.queries).toBeGreaterThan(50)
  })

  test('single user, published 50 ms after the change at the server: 0 failed queries', async () => {
    followMysql2(secrets, 'db', pool)
    const counts = await churn(query, async () => {
      for (let turn = 1; turn <= 3; turn++) {
        await password(a, `turn-${turn}`)
        await sleep(50)
        source.rotate(login(a, `turn-${turn}`))
        await sleep(500)
      }
    })
    expect(counts).toMatchObject({ failed: 0, errors: {} })
    expect(counts.queries).toBeGreaterThan(50)
  })

  // MariaDB has no second password of this kind
  if (kind === 'MySQL')
    test('dual password: 0 failed queries, and none refused', async () => {
      followMysql2(secrets, 'db', pool)
      const counts = await churn(query, async () => {
        for (let turn = 1; turn <= 3; turn++) {
          await password(a, `turn-${turn}`, ' RETAIN CURRENT PASSWORD')
          source.rotate(login(a, `turn-${turn}`))
          await sleep(TTL + 1_500)
          await sql(`ALTER USER ${a}@'%' DISCARD OLD PASSWORD`)
        }
      })
      expect(counts).toMatchObject({ failed: 0, errors: {} })
      expect(source.freshReads).toBe(0)
    })

  test('planted: a pool that has the password of its first day is seen to fail', async () => {
    const following = pool
    pool = makePool({ user: a, password: 'first' })
    const counts = await churn(query, () => password(a, 'second'))
    await new Promise(resolve => following.end(resolve))
    expect(counts.errors.ER_ACCESS_DENIED_ERROR).toBeGreaterThan(0)
  })

  test('connections of the old login leave as they come back, also where callers wait in the queue', async () => {
    await new Promise(resolve => pool.end(resolve))
    pool = makePool({ connectionLimit: 3 })
    followMysql2(secrets, 'db', pool)
    const asked = () =>
      new Promise((resolve, reject) => pool.query('select 1', (e, rows) => (e ? reject(e) : resolve(rows))))
    await asked()
    await password(b, 'second')
    source.rotate(login(b, 'second'))
    const counts = await churn(asked, () =>
      until(async () => {
        const [row] = await server!.sql(`SELECT count(*) AS n FROM information_schema.processlist WHERE user = '${a}'`)
        if (Number(row!.n) > 0) throw new Error('the old login has sessions')
      }, 5_000),
    )
    expect(counts).toMatchObject({ failed: 0, errors: {} })
  })

  test('a query that is under way sees nothing of it', async () => {
    followMysql2(secrets, 'db', pool)
    const slow = query('select sleep(0.5) as n')
    await sleep(150)
    await password(a, 'second')
    source.rotate(login(a, 'second'))
    await secrets.refresh('db')
    expect(await slow).toEqual([{ n: 0 }])
  })

  test('a locked account is told at once, and nothing is tried again', async () => {
    await sql(`ALTER USER ${a}@'%' ACCOUNT LOCK`)
    followMysql2(secrets, 'db', pool)
    const began = performance.now()
    await expect(query()).rejects.toMatchObject({ errno: kind === 'MySQL' ? 3118 : 4151 })
    expect(performance.now() - began).toBeLessThan(5_000)
    expect(source.reads).toBe(1)
  })

  test('the pool of mysql2/promise: query and execute', async () => {
    const { host, port, tls } = server!
    const promised = promises.createPool({ host, port, ...(tls && { ssl: { ca: tls.ca } }) })
    followMysql2(secrets, 'db', promised)
    expect((await promised.query('select 1 as n'))[0]).toEqual([{ n: 1 }])
    await password(b, 'second')
    source.rotate(login(b, 'second'))
    await secrets.refresh('db')
    expect((await promised.execute('select 2 as n'))[0]).toEqual([{ n: 2 }])
    await promised.end()
  })
})
