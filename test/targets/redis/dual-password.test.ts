import { chmodSync } from 'node:fs'
import { afterAll, describe, expect, test } from 'vitest'
import { startProxy } from '../../stand/proxy.ts'
import { type RedisOptions, startRedis } from '../../stand/redis.ts'
import { requireServer } from '../../stand/stand.ts'
import {
  admin,
  call,
  createLogin,
  credential,
  failure,
  freshName,
  hashes,
  hashOf,
  node,
  RULES,
  target,
  valid,
  withPassword,
  written,
} from './fixture.ts'

for (const version of ['redis-7.0', 'valkey-9.1'] as const) {
  const start = async (options: RedisOptions = {}) => requireServer(await startRedis({ version, ...options }))
  const server = await start()
  describe.skipIf(server === undefined)(`two passwords on ${version}`, async () => {
    if (server === undefined) return
    const started = [server]
    const more = async (options: RedisOptions) => {
      const other = (await start(options))!
      started.push(other)
      return other
    }
    afterAll(() => Promise.all(started.map(each => each.stop())))
    const t = target({ endpoints: [node(server)], admin: admin(server) })
    const begun = async () => {
      const current = await createLogin(server)
      const pending = credential(current.username)
      await t.set({ current, pending }, call())
      return { current, pending }
    }

    test('both are valid after set, one after end, and no other password has come or gone', async () => {
      const { current, pending } = await begun()
      expect(await valid(server, current, pending)).toEqual([true, true])
      expect([...(await hashes(server, current.username))].sort()).toEqual([current, pending].map(hashOf).sort())
      await t.end({ previous: current, current: pending }, call())
      expect(await valid(server, current, pending)).toEqual([false, true])
      expect(await hashes(server, current.username)).toEqual([hashOf(pending)])
    })

    test('what is pending can be given up: end leaves current, whichever came first', async () => {
      const { current, pending } = await begun()
      await t.end({ previous: pending, current }, call())
      expect(await valid(server, current, pending)).toEqual([true, false])
    })

    test('current and pending with the same password: nothing is changed', async () => {
      const current = await createLogin(server)
      await t.set({ current, pending: { ...current } }, call())
      expect(await hashes(server, current.username)).toEqual([hashOf(current)])
      await failure(t.end({ previous: current, current: { ...current } }, call()), 'refused')
    })

    test('a misspelt user is not created, not even by force', async () => {
      const before = await server.command(['ACL', 'USERS'])
      const current = credential(freshName('typo'))
      const change = { current, pending: credential(current.username) }
      await failure(t.set(change, call()), 'identity-mismatch')
      await failure(t.force!(current, call()), 'identity-mismatch')
      await failure(target({ endpoints: [node(server)] }).set(change, call()), 'auth-failed') // nobody to ask
      expect(await server.command(['ACL', 'USERS'])).toEqual(before)
    })

    test('a user that is off is a locked login; one without a password is not rotated', async () => {
      const current = await createLogin(server)
      const change = { current, pending: credential(current.username) }
      await server.command(['ACL', 'SETUSER', current.username, 'off'])
      await failure(t.set(change, call()), 'login-locked')
      await failure(t.force!(current, call()), 'login-locked')
      await server.command(['ACL', 'SETUSER', current.username, 'on', 'nopass'])
      await failure(t.set(change, call()), 'unsupported')
      await failure(t.force!(current, call()), 'unsupported')
      expect(await hashes(server, current.username)).toEqual([])
    })

    test('a second password that is not ours stops set and end, unless it is adopted', async () => {
      const { current, pending } = await begun()
      const stranger = credential(current.username)
      await server.command(['ACL', 'SETUSER', current.username, `#${hashOf(stranger)}`, `!${hashOf(pending)}`])
      const before = await hashes(server, current.username)
      await failure(t.set({ current, pending }, call()), 'not-ours')
      await failure(t.end({ previous: pending, current }, call()), 'not-ours')
      expect(await hashes(server, current.username)).toEqual(before)
      // the core may find out that it is one of its own, and end it
      await t.end({ previous: stranger, current }, call())
      expect(await valid(server, current, stranger)).toEqual([true, false])
      await server.command(['ACL', 'SETUSER', current.username, `#${hashOf(stranger)}`])
      await target({ endpoints: [node(server)], admin: admin(server), adopt: true }).set({ current, pending }, call())
      expect(await valid(server, current, pending, stranger)).toEqual([true, true, false])
    })

    test.each([true, false])('each step is saved: a restart changes nothing (ACL file: %s)', async aclfile => {
      const own = await more({ aclfile })
      const u = target({ endpoints: [node(own)], admin: admin(own) })
      const current = await createLogin(own)
      const pending = credential(current.username)
      await u.set({ current, pending }, call())
      await own.restart()
      expect(await valid(own, current, pending)).toEqual([true, true])
      await u.end({ previous: current, current: pending }, call())
      await own.restart()
      expect(await valid(own, current, pending)).toEqual([false, true])
    })

    test('what a run has changed and not saved, the next one saves', async () => {
      const own = await more({})
      const u = target({ endpoints: [node(own)], admin: admin(own) })
      const current = await createLogin(own)
      const pending = credential(current.username)
      await own.command(['CONFIG', 'REWRITE'])
      await own.command(['ACL', 'SETUSER', current.username, `#${hashOf(pending)}`])
      await u.set({ current, pending }, call())
      await own.restart()
      expect(await valid(own, current, pending)).toEqual([true, true])
    })

    test('a server that can save nothing is refused before anything is changed, unless one puts up with it', async () => {
      const own = await more({ configFile: false })
      const endpoints = [node(own)]
      const current = await createLogin(own)
      const pending = credential(current.username)
      const u = target({ endpoints, admin: admin(own) })
      const error = await failure(u.set({ current, pending }, call()), 'unsupported')
      expect(error.next).toContain('unsaved: true')
      expect(await hashes(own, current.username)).toEqual([hashOf(current)])
      expect((await u.examine(current, call())).map(({ kind, weight }) => `${kind} ${weight}`)).toContain(
        'not-saved blocks',
      )
      const put = target({ endpoints, admin: admin(own), unsaved: true })
      await put.set({ current, pending }, call())
      await put.end({ previous: current, current: pending }, call())
      expect(await valid(own, current, pending)).toEqual([false, true])
      expect((await put.examine(pending, call())).map(({ kind, weight }) => `${kind} ${weight}`)).toContain(
        'not-saved warns',
      )
    })

    test('a configuration file that cannot be written is found out before anything is changed', async () => {
      const own = await more({})
      const u = target({ endpoints: [node(own)], admin: admin(own) })
      const current = await createLogin(own)
      chmodSync(own.folder, 0o500)
      try {
        await failure(u.set({ current, pending: credential(current.username) }, call()), 'unsupported')
      } finally {
        chmodSync(own.folder, 0o700)
      }
      expect(await hashes(own, current.username)).toEqual([hashOf(current)])
    })

    test.each([true, false])('`default`: no password is left in clear in any file (ACL file: %s)', async aclfile => {
      const own = await more({ aclfile, requirepass: 'of-the-first-day' })
      const u = target({ endpoints: [node(own)] })
      const current = withPassword('default', 'of-the-first-day')
      const pending = credential('default')
      if (aclfile) await own.command(['CONFIG', 'SET', 'requirepass', 'of-the-first-day'])
      await u.set({ current, pending }, call())
      await u.end({ previous: current, current: pending }, call())
      expect(await hashes(own, 'default')).toEqual([hashOf(pending)])
      expect(await own.command(['CONFIG', 'GET', 'requirepass'])).toEqual(['requirepass', ''])
      for (const [file, text] of written(own))
        for (const password of [pending.password.reveal(), 'of-the-first-day'])
          expect(text.includes(password), `${file} holds ${password}`).toBe(false)
      await own.restart()
      expect(await valid(own, current, pending)).toEqual([false, true])
    })

    test('an admin with the documented rights and no other', async () => {
      const rights = ['+acl|setuser', '+acl|getuser', '+acl|save', '+config|rewrite']
      const weak = await createLogin(server, rights, freshName('rotator'))
      const u = target({ endpoints: [node(server)], admin: async () => weak })
      const current = await createLogin(server)
      const pending = credential(current.username)
      await u.set({ current, pending }, call())
      await u.end({ previous: current, current: pending }, call())
      expect(await valid(server, current, pending)).toEqual([false, true])
      for (const right of rights) {
        await server.command(['ACL', 'SETUSER', weak.username, right.replace('+', '-')])
        const change = { current: pending, pending: credential(current.username) }
        // without an ACL file the save that is not needed is still what tells so
        await failure(u.set(change, call()), 'permission-missing')
        expect(await valid(server, change.pending), right).toEqual([false])
        await server.command(['ACL', 'SETUSER', weak.username, right])
      }
    })

    test('the admin that is refused is another matter than the secret that is', async () => {
      const current = await createLogin(server)
      const u = target({ endpoints: [node(server)], admin: async () => credential('admin') })
      await failure(u.set({ current, pending: credential(current.username) }, call()), 'admin-refused')
    })

    test('test: probes with the rights of the login, and a login that may not ask who it is', async () => {
      const probes = ['PING', 'GET some-key', ['SET', 'key', 'two words']]
      const full = await createLogin(server)
      await target({ endpoints: [node(server)], probes }).test(full, call())
      const little = await createLogin(server, ['~some-*', '+get', '+ping'])
      await target({ endpoints: [node(server)], probes: ['GET some-key'] }).test(little, call())
      await failure(target({ endpoints: [node(server)], probes }).test(little, call()), 'probe-failed')
      await failure(target({ endpoints: [node(server)], probes: ['GET other'] }).test(little, call()), 'probe-failed')
    })

    test('the least logins: one an endpoint to set, to test, to end and to see the refusal', async () => {
      const proxy = await startProxy(server)
      const u = target({ endpoints: [node(proxy)] })
      const current = await createLogin(server, ['~*', '+@all'])
      const pending = credential(current.username)
      const counted: number[] = []
      for (const step of [
        () => u.set({ current, pending }, call()),
        () => u.test(pending, call()),
        () => u.end({ previous: current, current: pending }, call()),
      ]) {
        const before = proxy.connections
        await step()
        counted.push(proxy.connections - before)
      }
      await proxy.stop()
      expect(counted).toEqual([1, 1, 2])
    })

    test('endSessions: idle ones, or all of the login, and nobody else', async () => {
      const current = await createLogin(server)
      const who = { username: current.username, password: current.password.reveal() }
      const [busy, other] = [await server.connect(who), await server.connect()]
      const blocked = busy.sendCommand(['BLPOP', 'nothing', '20']).catch(() => 'ended')
      expect(await t.endSessions!(current, current, { only: 'idle' }, call())).toBe(0)
      expect(await t.endSessions!(current, current, {}, call())).toBe(1)
      expect(await blocked).toBe('ended')
      expect(await other.ping()).toBe('PONG')
      other.destroy()
      expect(t.sessions).toBeUndefined()
    })

    test('rules of the application are left alone', async () => {
      const rules = async (name: string) =>
        String(await server.command(['ACL', 'LIST']))
          .split(',')
          .find(line => line.startsWith(`user ${name} `))
          ?.replace(/#\w+ /g, '')
      const current = await createLogin(server, ['~cached:*', '&news', '+@read', '-keys'])
      const before = await rules(current.username)
      await t.set({ current, pending: credential(current.username) }, call())
      expect(await rules(current.username)).toBe(before)
      expect(RULES).toContain('-@dangerous')
    })
  })
}
