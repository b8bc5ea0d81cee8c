import { afterAll, describe, expect, test } from 'vitest'
import { type Mariadb, startMariadb } from '../../stand/mariadb.ts'
import { requireServer } from '../../stand/stand.ts'
import {
  admin,
  call,
  clock,
  createLogin,
  failure,
  freshName,
  letIn,
  next,
  shown,
  single,
  target,
  withPassword,
  writer,
} from './fixture.ts'

const server = requireServer(await startMariadb({ conf: { 'max-password-errors': 3 } }))
const oldest = requireServer(await startMariadb({ version: '10.5' }))

describe.skipIf(server === undefined || oldest === undefined)('what the server refuses', async () => {
  if (server === undefined || oldest === undefined) return
  afterAll(async () => {
    await oldest.stop()
    await server.stop()
  })

  test.each([
    ['simple_password_check', [server, oldest]],
    ['password_reuse_check', [server]], // since 10.7
  ])(
    '%s insists on passwords in clear: unsupported, and what to do; then hashes are taken',
    async (plugin, servers) => {
      for (const each of servers as Mariadb[]) {
        const current = await createLogin(each, freshName('app'), { hosts: ['%', '127.%'] })
        const pending = next(current)
        await each.sql(`INSTALL SONAME '${plugin}'`)
        try {
          for (const t of [target(each), single(each), single(each, { admin: admin(each) })]) {
            const error = await failure(t.set({ current, pending }, call()), 'unsupported')
            expect(error.next).toContain('strict_password_validation = OFF')
            expect(await letIn(each, current, pending)).toEqual([true, false])
          }
          await each.sql('SET GLOBAL strict_password_validation = OFF')
          await target(each).set({ current, pending }, call())
          await target(each).end({ previous: current, current: pending }, call())
          await single(each, { admin: admin(each) }).set({ current: pending, pending: current }, call())
          expect(await letIn(each, current, pending)).toEqual([true, false])
        } finally {
          await each.sql(`UNINSTALL SONAME '${plugin}'; SET GLOBAL strict_password_validation = ON`)
        }
      }
    },
  )

  test('a read-only writer is target-busy, also for an admin that could write there', async () => {
    const current = await createLogin(server, freshName('app'))
    const before = await shown(server, current.username)
    await server.sql('SET GLOBAL read_only = ON')
    try {
      for (const t of [target(server), single(server), single(server, { admin: admin(server) })]) {
        const error = await failure(t.set({ current, pending: next(current) }, call()), 'target-busy')
        expect(error.next).toContain('read_only')
      }
    } finally {
      await server.sql('SET GLOBAL read_only = OFF')
    }
    expect(await shown(server, current.username)).toBe(before)
  })

  test('locked is login-locked, by a person or by too many wrong passwords; never auth-failed', async () => {
    const current = await createLogin(server, freshName('app'))
    const t = target(server)
    await server.sql(`ALTER USER '${current.username}'@'%' ACCOUNT LOCK`)
    await failure(t.set({ current, pending: next(current) }, call()), 'login-locked')
    await failure(t.accepts(current, call()), 'login-locked')
    await server.sql(`ALTER USER '${current.username}'@'%' ACCOUNT UNLOCK`)
    for (let i = 0; i < 3; i++) await failure(t.test(next(current), call()), 'auth-failed')
    await failure(t.test(current, call()), 'login-locked')
    await t.force!(current, call()) // a change of the account counts anew
    await t.test(current, call())
  })

  test('expired is login-expired, whether the server lets it in or not', async () => {
    const current = await createLogin(server, freshName('app'))
    await server.sql(`ALTER USER '${current.username}'@'%' PASSWORD EXPIRE`)
    for (const disconnect of ['OFF', 'ON']) {
      await server.sql(`SET GLOBAL disconnect_on_expired_password = ${disconnect}`)
      await failure(single(server).test(current, call()), 'login-expired')
      await failure(single(server).set({ current, pending: next(current) }, call()), 'login-expired')
    }
    await server.sql('SET GLOBAL disconnect_on_expired_password = DEFAULT')
  })

  test('too many connections of the login are target-busy', async () => {
    const current = await createLogin(server, freshName('app'), { attributes: 'WITH MAX_USER_CONNECTIONS 1' })
    const held = await server.connect(current.username, current.password.reveal())
    await failure(single(server).set({ current, pending: next(current) }, call()), 'target-busy')
    await held.end()
  })

  test('a database that is not there, or not for the login', async () => {
    const current = await createLogin(server, freshName('app'))
    const on = (database: string) => target(server, { endpoints: [writer(server, { database })] })
    await failure(on('mysql').test(current, call()), 'permission-missing')
    await server.sql(`GRANT SELECT ON *.* TO '${current.username}'@'%'`)
    await failure(on('nowhere').test(current, call()), 'config-invalid')
  })

  test('names: too long, empty, anonymous, and another account than expected', async () => {
    const current = await createLogin(server, freshName('app'))
    for (const username of ['x'.repeat(129), ''])
      await failure(target(server).test({ ...current, username }, call()), 'value-unsuitable')
    await failure(target(server).force!(withPassword('nobody_at_all', 'x'), call()), 'identity-mismatch')
    await server.sql("CREATE USER ''@'127.%'")
    try {
      // whoever has no account is let in by the anonymous one, without a password
      const { accepted } = await target(server).accepts(withPassword('x', 'wrong'), call())
      expect(accepted).toEqual([])
    } finally {
      await server.sql("DROP USER ''@'127.%'")
    }
  })

  test('probes run as the application would, and say so', async () => {
    const current = await createLogin(server, freshName('app'))
    await target(server, { probes: ['SELECT 1'] }).test(current, call())
    await failure(target(server, { probes: ['SELECT * FROM mysql.user'] }).test(current, call()), 'probe-failed')
  })

  test('a plugin that the driver does not speak is unsupported at login', async () => {
    const current = await createLogin(server, freshName('app'))
    await server.sql("INSTALL SONAME 'auth_parsec'")
    await server.sql(`ALTER USER '${current.username}'@'%' IDENTIFIED VIA parsec USING PASSWORD('x')`)
    await failure(target(server).test(current, call()), 'unsupported')
  })

  test('too little time is no-time before anything was changed', async () => {
    const current = await createLogin(server, freshName('app'))
    const pending = next(current)
    const now = { ...call(), deadline: clock.now() + 2_000 }
    await failure(target(server).set({ current, pending }, now), 'no-time')
    expect(await letIn(server, current, pending)).toEqual([true, false])
  })
})
