/**
 * `mssql`: its real `ConnectionPool`, configuration and pool of connections included. Only the connections themselves are a
 * stand-in, so nothing here was run on a SQL Server.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import mssql from 'mssql'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { followMssql } from '../../core/client/pools/mssql.ts'
import { createSecrets, type Secrets } from '../../core/client/secrets.ts'
import { until } from '../stand/stand.ts'
import { login, MemorySource } from './support.ts'

interface Connection {
  readonly user: string
  closed: boolean
}
interface Options {
  readonly userName: string
  readonly password: string
}
interface Inside {
  _config(): { readonly authentication: { readonly options: Options } }
  _acquire(): Promise<Connection>
  release(connection: Connection): void
}

/** What tedious throws at a wrong password, as mssql passes it on. */
const refused = (user: string) => Object.assign(new Error(`Login failed for user '${user}'.`), { code: 'ELOGIN' })

describe('a ConnectionPool of mssql, on stand-ins for connections', () => {
  const server = { logins: new Map<string, string>(), made: [] as Connection[], refusals: 0 }

  class Pool extends mssql.ConnectionPool {
    async _poolCreate(): Promise<Connection> {
      const { userName, password } = (this as unknown as Inside)._config().authentication.options
      await sleep(1)
      if (server.logins.get(userName) !== password) {
        server.refusals++
        throw refused(userName)
      }
      const connection = { user: userName, closed: false }
      server.made.push(connection)
      return connection
    }
    async _poolValidate(connection: Connection): Promise<boolean> {
      return !connection.closed
    }
    async _poolDestroy(connection: Connection): Promise<void> {
      connection.closed = true
    }
  }

  let source: MemorySource
  let secrets: Secrets
  let pool: Pool
  const inside = () => pool as unknown as Inside
  const useOnce = async (): Promise<string> => {
    const connection = await inside()._acquire()
    await sleep(1)
    expect(connection.closed).toBe(false)
    inside().release(connection)
    return connection.user
  }

  beforeEach(async () => {
    Object.assign(server, { logins: new Map([['app_a', 'first']]), made: [], refusals: 0 })
    source = new MemorySource(login('app_a', 'first'))
    secrets = createSecrets({ source, ttl: 60_000 })
    pool = new Pool({ server: 'db.example', pool: { max: 4 } })
    pool.on('error', () => {})
    followMssql(secrets, 'db', pool)
    await pool.connect()
  })
  afterEach(async () => {
    secrets.close()
    await pool.close()
  })

  test('a connection that is out is left alone; one that came back is not handed out again, and the new login is', async () => {
    const out = await inside()._acquire()
    expect(await useOnce()).toBe('app_a')
    server.logins.set('app_b', 'second')
    source.rotate(login('app_b', 'second'))
    await secrets.refresh('db')
    await until(async () => expect(await useOnce()).toBe('app_b'), 2_000)
    expect(out.closed).toBe(false)
    inside().release(out)
    for (let i = 0; i < 5; i++) expect(await useOnce()).toBe('app_b')
    expect(server.made.filter(({ user, closed }) => user === 'app_a' && !closed)).toEqual([])
  })

  test('a refused login reads the secret again and is made again', async () => {
    server.logins.set('app_a', 'second')
    source.rotate(login('app_a', 'second'))
    for (const each of server.made) each.closed = true
    expect(await useOnce()).toBe('app_a')
    expect(server.refusals).toBe(1)
  })

  test('a locked account is told at once', async () => {
    const other = new Pool({ server: 'db.example' })
    Object.assign(other, {
      _poolCreate: async () => {
        throw Object.assign(new Error("Login failed for user 'app_a' because the account is currently locked out."), {
          code: 'ELOGIN',
        })
      },
    })
    followMssql(secrets, 'db', other)
    const { reads } = source
    await expect(other.connect()).rejects.toThrow('locked out')
    expect(source.reads).toBe(reads)
  })
})

test('something that is no pool of mssql is refused', () => {
  const secrets = createSecrets({ source: new MemorySource() })
  expect(() => followMssql(secrets, 'db', { connect: async () => {} })).toThrow('no pool of mssql')
})
