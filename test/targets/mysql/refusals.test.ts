import { afterAll, afterEach, describe, expect, test } from 'vitest'
import type { ErrorCode } from '../../../core/errors.ts'
import type { MysqlTargetOptions } from '../../../core/targets/mysql/index.ts'
import { startMysql } from '../../stand/mysql.ts'
import { requireServer } from '../../stand/stand.ts'
import {
  admin,
  call,
  createLogin,
  credential,
  failure,
  freshName,
  letsIn,
  newPassword,
  target,
  withPassword,
  writer,
} from './fixture.ts'

const server = requireServer(await startMysql())

describe.skipIf(server === undefined)('refusals of the server give our code, its number, and what to do', () => {
  if (server === undefined) return
  afterAll(() => server.stop())

  type Case = readonly [
    what: string,
    prepare: (login: string) => readonly string[],
    code: ErrorCode,
    foreign: string | undefined,
    next: string,
    by?: { readonly itself?: false; readonly admin?: false },
  ]
  const cases: readonly Case[] = [
    ['a locked account', l => [`ALTER USER ${l} ACCOUNT LOCK`], 'login-locked', '3118', 'ACCOUNT UNLOCK'],
    ['an expired password', l => [`ALTER USER ${l} PASSWORD EXPIRE`], 'login-expired', '1862', 'ALTER USER'],
    [
      'a missing right to two passwords',
      l => [`REVOKE APPLICATION_PASSWORD_ADMIN ON *.* FROM ${l}`],
      'permission-missing',
      '1227',
      'APPLICATION_PASSWORD_ADMIN',
      { admin: false },
    ],
    ['an administrator', l => [`GRANT SYSTEM_USER ON *.* TO ${l}`], 'unsupported', undefined, 'another login'],
    ['SUPER', l => [`GRANT SUPER ON *.* TO ${l}`], 'unsupported', undefined, 'another login'],
    ['a login that replicates', l => [`GRANT REPLICATION SLAVE ON *.* TO ${l}`], 'unsupported', undefined, 'another'],
    ['an account that is gone', l => [`DROP USER ${l}`], 'auth-failed', '1045', 'doctor'],
    [
      'too many connections of the login',
      l => [`ALTER USER ${l} WITH MAX_USER_CONNECTIONS 1`],
      'target-busy',
      '1226',
      'resource limits',
    ],
  ]
  for (const [what, prepare, code, foreign, next, by = {}] of cases)
    for (const changer of ['itself', 'admin'] as const)
      if (by[changer] !== false)
        test(`${what}, changed by ${changer}`, async () => {
          const current = await createLogin(server, freshName('app'))
          await server.sql(...prepare(`'${current.username}'`))
          const { username, password } = current
          const held = code === 'target-busy' ? await server.connect(username, password.reveal()) : undefined
          const options: Partial<MysqlTargetOptions> = changer === 'admin' ? { admin: admin(server) } : {}
          const pending = credential(current.username)
          const error = await failure(target(server, options).set({ current, pending }, call()), code)
          expect(error.foreign).toBe(foreign)
          expect(error.next).toContain(next)
          expect(JSON.stringify(error)).not.toContain(pending.password.reveal())
          await held?.end()
        })

  test('a plugin that keeps no password of its own is unsupported; sha256_password is kept as it is', async () => {
    const current = await createLogin(server, freshName('app'))
    const pending = credential(current.username)
    const t = target(server, { admin: admin(server) })
    // what the table says, while the server still lets the login in by what it has in memory
    await server.sql(`UPDATE mysql.user SET plugin = 'authentication_ldap_simple' WHERE User = '${current.username}'`)
    const error = await failure(t.set({ current, pending }, call()), 'unsupported')
    expect(error.message).toContain('authentication_ldap_simple')
    const older = credential(freshName('older'))
    await server.sql(`CREATE USER ${older.username} IDENTIFIED WITH sha256_password BY '${older.password.reveal()}'`)
    const newer = credential(older.username)
    await t.set({ current: older, pending: newer }, call())
    await t.end({ previous: older, current: newer }, call())
    const [row] = await server.sql(`SELECT plugin FROM mysql.user WHERE User = '${older.username}'`)
    expect(row?.plugin).toBe('sha256_password')
  })

  describe('policies of the server', () => {
    afterEach(async () => {
      await server.sql(`UNINSTALL COMPONENT 'file://component_validate_password'`).catch(() => {})
      await server.sql('SET GLOBAL password_history = 0')
    })

    test('validate_password: value-rejected, not applied, whoever asks', async () => {
      const current = await createLogin(server, freshName('app'))
      await server.sql(`INSTALL COMPONENT 'file://component_validate_password'`)
      const pending = withPassword(current.username, 'weak')
      for (const by of [{}, { admin: admin(server) }])
        for (const strategy of ['dual-password', 'single-user'] as const) {
          const error = await failure(
            target(server, { strategy, ...by }).set({ current, pending }, call()),
            'value-rejected',
          )
          expect(error.foreign).toBe('1819')
        }
      await server.sql(`UNINSTALL COMPONENT 'file://component_validate_password'`)
      expect([await letsIn(server, current), await letsIn(server, pending)]).toEqual([true, false])
    })

    test('a password that the account has had before is value-rejected', async () => {
      await server.sql('SET GLOBAL password_history = 3')
      const current = await createLogin(server, freshName('app'))
      const pending = credential(current.username)
      const t = target(server, { admin: admin(server) })
      await t.set({ current, pending }, call())
      await t.end({ previous: current, current: pending }, call())
      const error = await failure(t.set({ current: pending, pending: current }, call()), 'value-rejected')
      expect(error.foreign).toBe('3638')
    })

    test('with a password history an admin still ends the old password; the login alone says that it cannot', async () => {
      await server.sql('SET GLOBAL password_history = 3')
      const current = await createLogin(server, freshName('app'))
      const pending = credential(current.username)
      const alone = target(server)
      await alone.set({ current, pending }, call())
      const error = await failure(alone.end({ previous: current, current: pending }, call()), 'value-rejected')
      expect(error.next).toContain('admin')
      expect([await letsIn(server, current), await letsIn(server, pending)]).toEqual([true, true])
      await target(server, { admin: admin(server) }).end({ previous: current, current: pending }, call())
      expect([await letsIn(server, current), await letsIn(server, pending)]).toEqual([false, true])
    })
  })

  describe('what an admin may not', () => {
    const adminWith = async (...grants: readonly string[]) => {
      const made = await createLogin(server, freshName('adm'), { dual: false })
      for (const grant of grants) await server.sql(`GRANT ${grant} TO ${made.username}`)
      return { admin: async () => made }
    }
    const tables = ['SELECT ON mysql.user', 'SELECT ON mysql.global_grants'] as const

    test('the documented grants are enough for every strategy', async () => {
      const by = await adminWith('CREATE USER ON *.*', ...tables)
      const current = await createLogin(server, freshName('app'), { dual: false })
      const pending = credential(current.username)
      // the admin needs no right to the database of the consumers
      await server.sql('CREATE DATABASE mine', `GRANT SELECT ON mine.* TO ${current.username}`)
      const endpoints = [writer(server, { database: 'mine' })]
      await target(server, { endpoints, ...by }).set({ current, pending }, call())
      await target(server, { endpoints, ...by }).end({ previous: current, current: pending }, call())
      const last = credential(current.username)
      await target(server, { strategy: 'single-user', ...by }).set({ current: pending, pending: last }, call())
      expect([await letsIn(server, pending), await letsIn(server, last)]).toEqual([false, true])
    })

    test('without CREATE USER, or without a look at mysql.user: permission-missing', async () => {
      const current = await createLogin(server, freshName('app'))
      const change = { current, pending: credential(current.username) }
      const blind = await failure(
        target(server, await adminWith('CREATE USER ON *.*')).set(change, call()),
        'permission-missing',
      )
      expect([blind.foreign, blind.next]).toEqual(['1142', expect.stringContaining('mysql.user')])
      const weak = await failure(target(server, await adminWith(...tables)).set(change, call()), 'permission-missing')
      expect(weak.foreign).toBe('1227')
      expect(await letsIn(server, change.pending)).toBe(false)
    })

    test('an admin that is refused is admin-refused; none where one is needed is permission-missing', async () => {
      const current = await createLogin(server, freshName('app'))
      const t = target(server, { admin: async () => withPassword('root', 'not it') })
      await failure(t.set({ current, pending: credential(current.username) }, call()), 'admin-refused')
      const users = [current.username, freshName('twin')] as const
      const pair = target(server, { strategy: 'alternating-users', users })
      await failure(pair.set({ current, pending: credential(users[1]) }, call()), 'permission-missing')
    })
  })

  test('guesses have locked the account: login-locked, not a wrong password', async () => {
    const current = await createLogin(server, freshName('app'), {
      attributes: 'FAILED_LOGIN_ATTEMPTS 2 PASSWORD_LOCK_TIME 1',
    })
    for (let i = 0; i < 2; i++) await letsIn(server, credential(current.username)).catch(() => {})
    expect((await failure(target(server).accepts(current, call()), 'login-locked')).foreign).toBe('3955')
  })

  test('a read-only server is target-busy, and nothing was changed', async () => {
    const current = await createLogin(server, freshName('app'))
    await server.sql('SET GLOBAL super_read_only = ON')
    for (const by of [{}, { admin: admin(server) }]) {
      const change = { current, pending: { ...current, password: newPassword() } }
      const error = await failure(target(server, by).set(change, call()), 'target-busy')
      expect(error.foreign).toBe('1290')
    }
    await server.sql('SET GLOBAL super_read_only = OFF', 'SET GLOBAL read_only = OFF')
  })

  test('no free connection at all is target-busy', async () => {
    const current = await createLogin(server, freshName('app'))
    const guard = await server.connect()
    await guard.query('SET GLOBAL max_connections = 10')
    const held = []
    for (let i = 0; i < 10; i++)
      held.push(await server.connect(current.username, current.password.reveal()).catch(() => undefined))
    const error = await failure(target(server).accepts(current, call()), 'target-busy')
    expect(error.foreign).toBe('1040')
    await guard.query('SET GLOBAL max_connections = 151')
    for (const one of [...held, guard]) await one?.end()
  })

  test('a database that is not there, and names and passwords that cannot be', async () => {
    const current = await createLogin(server, freshName('app'))
    const nowhere = target(server, { endpoints: [writer(server, { database: 'nowhere' })] })
    await failure(nowhere.accepts(current, call()), 'permission-missing') // the server says no more to who has no grant
    const root = withPassword('root', server.adminPassword)
    await failure(nowhere.accepts(root, call()), 'config-invalid')
    await failure(target(server).set({ current: root, pending: credential('root') }, call()), 'unsupported')
    for (const [user, value] of [
      ['', 'x'],
      ['x'.repeat(33), 'x'],
      ['app', ''],
      ['app', 'a\0b'],
    ] as const)
      await failure(target(server).accepts(withPassword(user, value), call()), 'value-unsuitable')
  })

  test('a login that is let in as nobody in particular is identity-mismatch', async () => {
    await server.sql(`CREATE USER ''@'localhost' IDENTIFIED BY 'anonymous-password'`)
    const anybody = withPassword(freshName('nobody'), 'anonymous-password')
    await failure(target(server).test(anybody, call()), 'identity-mismatch')
    await server.sql(`DROP USER ''@'localhost'`)
  })

  test('probes run as the application and leave nothing behind', async () => {
    const current = await createLogin(server, freshName('app'))
    await server.sql(
      'CREATE DATABASE shop',
      'CREATE TABLE shop.probed (a INT)',
      `GRANT INSERT, SELECT ON shop.probed TO ${current.username}`,
    )
    const probing = (...probes: string[]) =>
      target(server, { probes, endpoints: [writer(server, { database: 'shop' })] }).test(current, call())
    await probing('INSERT INTO probed VALUES (1)', 'SELECT 1')
    expect(await server.sql('SELECT * FROM shop.probed')).toEqual([])
    expect((await failure(probing('DELETE FROM probed'), 'probe-failed')).foreign).toBe('1142')
    await failure(probing('SELECT 1; DROP TABLE probed'), 'probe-failed')
  })
})
