import { afterAll, describe, expect, test } from 'vitest'
import { nativeHash } from '../../../core/targets/mariadb/hash.ts'
import { startMariadb } from '../../stand/mariadb.ts'
import { startProxy } from '../../stand/proxy.ts'
import { requireServer } from '../../stand/stand.ts'
import {
  admin,
  call,
  createLogin,
  credential,
  failure,
  freshName,
  letIn,
  methods,
  next,
  shown,
  target,
  versions,
  withPassword,
  writer,
} from './fixture.ts'

for (const version of versions) {
  const server = requireServer(await startMariadb({ version, conf: { 'plugin-load-add': 'auth_ed25519' } }))
  describe.skipIf(server === undefined)(`MariaDB ${version}`, async () => {
    if (server === undefined) return
    const t = target(server)
    afterAll(() => server.stop())

    test('a rotation: two passwords at once, then one; every clause of the account stays', async () => {
      const attributes = 'REQUIRE SSL WITH MAX_USER_CONNECTIONS 7 PASSWORD EXPIRE INTERVAL 30 DAY'
      const current = await createLogin(server, freshName('app'), {})
      await server.sql(
        `ALTER USER '${current.username}'@'%' WITH MAX_USER_CONNECTIONS 7 PASSWORD EXPIRE INTERVAL 30 DAY`,
      )
      const pending = next(current)
      await t.set({ current, pending }, call())
      expect(await letIn(server, current, pending, next(current))).toEqual([true, true, false])
      await t.end({ previous: current, current: pending }, call())
      expect(await letIn(server, current, pending)).toEqual([false, true])
      expect(await shown(server, current.username)).toContain(
        ` IDENTIFIED BY PASSWORD '${nativeHash(pending)}' WITH MAX_USER_CONNECTIONS 7 PASSWORD EXPIRE INTERVAL 30 DAY`,
      )

      const encrypted = await createLogin(server, freshName('ssl'))
      const name = `'${encrypted.username}'@'other.example'`
      await server.sql(`CREATE USER ${name} ${methods(encrypted)} ${attributes}`)
      await t.set({ current: encrypted, pending: next(encrypted) }, call())
      expect(await shown(server, encrypted.username, 'other.example')).toMatch(new RegExp(` ${attributes}$`))
    })

    test('127.% goes before %: every account of the login is changed, in one statement', async () => {
      const current = await createLogin(server, freshName('app'), { hosts: ['%', '127.%', '10.0.0.1'] })
      const pending = next(current)
      await t.set({ current, pending }, call())
      expect(await letIn(server, current, pending)).toEqual([true, true])
      for (const host of ['%', '127.%', '10.0.0.1'])
        for (const one of [current, pending])
          expect(await shown(server, current.username, host)).toContain(nativeHash(one))
      await t.end({ previous: current, current: pending }, call())
      await server.sql(`DROP USER '${current.username}'@'127.%'`)
      expect(await letIn(server, current, pending)).toEqual([false, true])
    })

    test('an account with a password of its own is not-ours, unless `hosts` leaves it out', async () => {
      const current = await createLogin(server, freshName('app'), { hosts: ['127.%'] })
      await createLogin(server, current.username, { hosts: ['%'] })
      const before = await shown(server, current.username)
      const pending = next(current)
      const error = await failure(t.set({ current, pending }, call()), 'not-ours')
      expect(error.message).toContain(`'${current.username}'@'%'`)
      expect(await letIn(server, current, pending)).toEqual([true, false])
      await target(server, { hosts: ['127.%'] }).set({ current, pending }, call())
      expect(await letIn(server, current, pending)).toEqual([true, true])
      expect(await shown(server, current.username)).toBe(before)
      await failure(target(server, { hosts: ['%'] }).set({ current, pending }, call()), 'identity-mismatch')
    })

    test('the list never grows: a third password is not-ours at set and at end, and nothing was changed', async () => {
      const current = await createLogin(server, freshName('app'))
      const [third, pending] = [next(current), next(current)]
      await server.sql(`ALTER USER '${current.username}'@'%' ${methods(current, third)}`)
      await failure(t.set({ current, pending }, call()), 'not-ours')
      await failure(t.end({ previous: pending, current }, call()), 'not-ours')
      expect(await letIn(server, current, third, pending)).toEqual([true, true, false])
    })

    test('whichever of the two stands first: set changes nothing, end keeps current', async () => {
      for (const order of ['forwards', 'backwards']) {
        const current = await createLogin(server, freshName('app'))
        const pending = next(current)
        const pair = order === 'forwards' ? [current, pending] : [pending, current]
        await server.sql(`ALTER USER '${current.username}'@'%' ${methods(...pair)}`)
        const before = await shown(server, current.username)
        await t.set({ current, pending }, call())
        expect(await shown(server, current.username)).toBe(before)
        await t.end({ previous: pending, current }, call())
        expect(await letIn(server, current, pending)).toEqual([true, false])
      }
    })

    test.each([
      ['ed25519 alone would break every client that lacks it', "ed25519 USING PASSWORD('x')"],
      ['unix_socket', 'unix_socket'],
    ])('an account that is also let in by %s is unsupported, never changed', async (_, other) => {
      const current = await createLogin(server, freshName('app'))
      await server.sql(`ALTER USER '${current.username}'@'%' ${methods(current)} OR ${other}`)
      const before = await shown(server, current.username)
      const error = await failure(t.set({ current, pending: next(current) }, call()), 'unsupported')
      expect(error.next).toContain('mysql_native_password')
      await failure(t.force!(next(current), call()), 'unsupported')
      expect(await shown(server, current.username)).toBe(before)
    })

    test.each(['SUPER', 'CREATE USER', 'REPLICATION SLAVE'])('a holder of %s is unsupported', async right => {
      const current = await createLogin(server, freshName('boss'))
      await server.sql(`GRANT ${right} ON *.* TO '${current.username}'@'%'`)
      await failure(t.set({ current, pending: next(current) }, call()), 'unsupported')
      await failure(t.force!(next(current), call()), 'unsupported')
    })

    test.each(['root', 'mariadb.sys'])('%s is never changed', async name => {
      await failure(t.force!(credential(name), call()), 'unsupported')
      await (await server.connect()).end()
    })

    test('without an admin there is no second password: permission-missing, and nothing was changed', async () => {
      const current = await createLogin(server, freshName('app'))
      const pending = next(current)
      await failure(target(server, { admin: undefined }).set({ current, pending }, call()), 'permission-missing')
      expect(await letIn(server, current, pending)).toEqual([true, false])
    })

    test('the least that an admin needs: CREATE USER and SELECT ON mysql.global_priv', async () => {
      const boss = await createLogin(server, freshName('boss'))
      const at = `'${boss.username}'@'%'`
      const current = await createLogin(server, freshName('app'))
      const pending = next(current)
      const own = target(server, { admin: async () => boss })
      const blind = await failure(own.set({ current, pending }, call()), 'permission-missing')
      expect(blind.next).toContain('mysql.global_priv')
      await server.sql(`GRANT SELECT ON mysql.global_priv TO ${at}`)
      await failure(own.set({ current, pending }, call()), 'permission-missing')
      expect(await letIn(server, current, pending)).toEqual([true, false])
      await server.sql(`GRANT CREATE USER ON *.* TO ${at}`)
      await own.set({ current, pending }, call())
      await own.end({ previous: current, current: pending }, call())
      expect(await letIn(server, current, pending)).toEqual([false, true])
      await failure(
        target(server, { admin: async () => next(boss) }).set({ current: pending, pending }, call()),
        'admin-refused',
      )
    })

    test('the least logins: set one and the admin, test one, end one, the admin, and the refused one', async () => {
      const current = await createLogin(server, freshName('app'))
      const pending = next(current)
      const proxy = await startProxy(server)
      const counted = target(server, { endpoints: [writer(server, { port: proxy.port })], admin: admin(server) })
      const counts: number[] = []
      const count = async (action: Promise<void>) => {
        const before = proxy.connections
        await action
        counts.push(proxy.connections - before)
      }
      await count(counted.set({ current, pending }, call()))
      await count(counted.test(pending, call()))
      await count(counted.end({ previous: current, current: pending }, call()))
      await proxy.stop()
      expect(counts).toEqual([2, 1, 3])
    })

    test('twenty rotations in a row, and one that meets another: one waits, and neither loses a password', async () => {
      let current = await createLogin(server, freshName('app'))
      for (let i = 0; i < 20; i++) {
        const pending = next(current)
        await t.set({ current, pending }, call())
        await t.end({ previous: current, current: pending }, call())
        current = pending
      }
      const pending = next(current)
      const twice = [0, 1].map(() => t.set({ current, pending }, call()))
      await Promise.all(twice)
      expect(await letIn(server, current, pending)).toEqual([true, true])
    })

    test('current and pending alike: nothing happens', async () => {
      const current = await createLogin(server, freshName('app'))
      const before = await shown(server, current.username)
      await t.set({ current, pending: current }, call())
      expect(await shown(server, current.username)).toBe(before)
      await failure(t.set({ current, pending: withPassword(current.username, '') }, call()), 'value-rejected')
    })
  })
}
