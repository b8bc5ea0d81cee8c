import { afterAll, describe, expect, test } from 'vitest'
import { atLeast, requireMysql } from '../../../core/targets/mysql/version.ts'
import { startMariadb } from '../../stand/mariadb.ts'
import { startMysql } from '../../stand/mysql.ts'
import { requireServer } from '../../stand/stand.ts'
import {
  admin,
  alternating,
  call,
  canaries,
  createLogin,
  createPair,
  credential,
  failure,
  freshName,
  target,
  withPassword,
} from './fixture.ts'

const server = requireServer(await startMysql({ conf: { 'performance-schema': 'ON' } }))
const mariadb = requireServer(await startMariadb())

describe.skipIf(server === undefined)('what the server remembers of its statements', () => {
  if (server === undefined) return
  afterAll(() => server.stop())

  test('performance_schema and the process list show no password, of no strategy, and none that was refused', async () => {
    await server.sql("UPDATE performance_schema.setup_consumers SET ENABLED = 'YES'")
    for (const by of [{}, { admin: admin(server) }])
      for (const strategy of ['dual-password', 'single-user'] as const) {
        const current = await createLogin(server, freshName('app'))
        const pending = credential(current.username)
        const t = target(server, { strategy, ...by })
        await t.set({ current, pending }, call())
        const next = strategy === 'single-user' ? t.set : t.end
        await next({ current: pending, pending: credential(current.username), previous: current }, call())
        // refused: current is not the first password, or not one at all
        await failure(t.set({ current: credential(current.username), pending }, call()), 'auth-failed')
      }
    const pair = await createPair(server)
    const pending = credential(pair.users[1])
    await alternating(server, pair).set({ current: pair.current, pending }, call())
    await alternating(server, pair).end({ previous: pair.current, current: pending }, call())

    const tables = ['current', 'history', 'history_long', 'summary_by_digest'].map(name => `events_statements_${name}`)
    for (const table of [...tables, 'threads', 'processlist', 'error_log', 'session_connect_attrs']) {
      const seen = JSON.stringify(await server.sql(`SELECT * FROM performance_schema.${table}`))
      if (table.endsWith('history_long')) expect(seen).toContain('IDENTIFIED BY <secret> RETAIN CURRENT PASSWORD')
      for (const canary of canaries) expect(seen.includes(JSON.stringify(canary).slice(1, -1)), table).toBe(false)
    }
  })
})

describe.skipIf(!mariadb || !server)('a MariaDB that was taken for MySQL', () => {
  if (!mariadb || !server) return
  afterAll(() => mariadb.stop())

  test('is unsupported, and is sent no statement that it would write down with a password', async () => {
    const { host, port } = mariadb
    const [user, password] = [freshName('app'), 'the-password-of-today']
    await mariadb.sql(`CREATE USER ${user} IDENTIFIED BY '${password}'`)
    const current = withPassword(user, password)
    for (const by of [{}, { admin: async () => withPassword('root', mariadb.adminPassword) }])
      for (const strategy of ['dual-password', 'single-user'] as const) {
        const endpoints = [{ name: 'writer', host, port, role: 'writer' as const }]
        const t = target(server, { strategy, endpoints, tls: { mode: 'disable' }, ...by })
        const pending = credential(user)
        const error = await failure(t.set({ current, pending }, call()), 'unsupported')
        expect(error.next).toContain('mariadb')
        expect(mariadb.written()).not.toContain(pending.password.reveal())
      }
  })
})

test('versions as servers write them', () => {
  for (const version of ['8.0.14', '8.0.36-28', '8.4.0', '9.7.4-2', '8.0.mysql_aurora.3.04.0', '10.0.1'])
    expect(() => requireMysql(version, 'writer')).not.toThrow()
  for (const version of ['8.0.13', '5.7.44-log', '10.11.19-MariaDB', '5.5.5-10.4.2-MariaDB-log'])
    expect(() => requireMysql(version, 'writer')).toThrow(expect.objectContaining({ code: 'unsupported' }))
  expect([atLeast('8.0.20', [8, 0, 21]), atLeast('8.1.0', [8, 0, 21])]).toEqual([false, true])
})
