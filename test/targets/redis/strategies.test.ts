import { afterAll, describe, expect, test } from 'vitest'
import { becomes, type RedisOptions, startRedis } from '../../stand/redis.ts'
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
  plain,
  RULES,
  target,
  valid,
  withPassword,
} from './fixture.ts'

for (const version of ['redis-7.0', 'valkey-9.1'] as const) {
  const start = async (options: RedisOptions = {}) => requireServer(await startRedis({ version, ...options }))
  const server = await start()

  describe.skipIf(!server)(`requirepass on ${version}`, () => {
    const first = withPassword('default', 'of-the-first-day')
    const conf = { masteruser: '""', masterauth: 'of-the-first-day' }
    const pair = async () => {
      const primary = (await start({ requirepass: 'of-the-first-day', conf }))!
      const replica = (await start({ requirepass: 'of-the-first-day', replicaOf: primary, conf }))!
      await becomes(replica, ['INFO', 'replication'], /master_link_status:up/)
      const endpoints = [node(primary), node(replica, { name: 'replica', role: 'reader' })]
      return { nodes: [primary, replica], t: target({ endpoints, strategy: 'single-user', replication: true }) }
    }

    test('all nodes change, their replication goes on, and a restart keeps it', async () => {
      const { nodes, t } = await pair()
      const pending = plain('default')
      await failure(t.set({ current: first, pending: credential('default') }, call()), 'value-rejected')
      await t.set({ current: first, pending }, call())
      await t.set({ current: pending, pending }, call())
      for (const each of nodes) await each.restart()
      for (const each of nodes) expect(await valid(each, first, pending)).toEqual([false, true])
      await becomes(nodes[1]!, ['INFO', 'replication'], /master_link_status:up/)
      await failure(t.end({ previous: first, current: pending }, call()), 'refused')
      await Promise.all(nodes.map(each => each.stop()))
    })

    test('a run that ended between two nodes, or before it had saved, is finished by the next', async () => {
      const { nodes, t } = await pair()
      const pending = plain('default')
      await nodes[1]!.command(['CONFIG', 'SET', 'requirepass', pending.password.reveal()])
      await t.set({ current: first, pending }, call())
      for (const each of nodes) expect(await valid(each, first, pending)).toEqual([false, true])
      const next = plain('default')
      for (const each of nodes) await each.command(['CONFIG', 'SET', 'requirepass', next.password.reveal()])
      await t.set({ current: pending, pending: next }, call())
      for (const each of nodes) await each.restart()
      for (const each of nodes) expect(await valid(each, pending, next)).toEqual([false, true])
      await Promise.all(nodes.map(each => each.stop()))
    })

    test('another password of `default` would end too: not-ours; what `requirepass` says already is set all the same', async () => {
      const own = (await start({ requirepass: 'of-the-first-day' }))!
      const t = target({ endpoints: [node(own)], strategy: 'single-user' })
      const other = plain('default')
      await own.command(['ACL', 'SETUSER', 'default', `#${hashOf(other)}`])
      await failure(t.set({ current: first, pending: plain('default') }, call()), 'not-ours')
      expect(await valid(own, first, other)).toEqual([true, true])
      await own.command(['ACL', 'SETUSER', 'default', 'resetpass', `#${hashOf(other)}`])
      await t.set({ current: other, pending: first }, call())
      expect(await valid(own, first, other)).toEqual([true, false])
      await own.stop()
    })
  })

  describe.skipIf(!server)(`two users in turn on ${version}`, () => {
    if (!server) return
    afterAll(() => server.stop())
    const made = async () => {
      const current = await createLogin(server)
      const users = [current.username, freshName('twin')] as const
      await server.command(['ACL', 'SETUSER', users[1], 'on', ...RULES])
      const options = { strategy: 'alternating-users', users, endpoints: [node(server)] } as const
      return { current, users, t: target({ ...options, admin: admin(server) }), alone: target(options) }
    }

    test('the twin gets the password, the other loses it and keeps its rules; sessions are told apart', async () => {
      const { current, users, t } = await made()
      const pending = credential(users[1])
      await t.set({ current, pending }, call())
      await t.test(pending, call())
      const held = await server.connect({ username: current.username, password: current.password.reveal() })
      expect(await t.sessions!(current, pending, Date.now() - 60_000, call())).toBe(1)
      expect(await t.sessions!(pending, pending, Date.now() - 60_000, call())).toBe(0)
      await t.end({ previous: current, current: pending }, call())
      expect(await held.ping()).toBe('PONG')
      held.destroy()
      expect(await valid(server, current, pending)).toEqual([false, true])
      expect(await hashes(server, current.username)).toEqual([])
      const back = credential(current.username)
      await t.set({ current: pending, pending: back }, call())
      await t.test(back, call())
      await server.restart()
      expect(await valid(server, pending, back)).toEqual([true, true])
    })

    test('what is found: other rules, a missing twin, one that is off, no admin', async () => {
      const { current, users, t, alone } = await made()
      const found = async (of = t) =>
        (await of.examine(current, call())).filter(({ weight }) => weight === 'blocks').map(({ kind }) => kind)
      expect(await found()).toEqual([])
      await server.command(['ACL', 'SETUSER', users[1], '-get', 'off'])
      expect(await found()).toEqual(['login-off', 'rules-differ'])
      await server.command(['ACL', 'DELUSER', users[1]])
      expect(await found()).toEqual(['login-missing'])
      const pending = credential(users[1])
      await failure(t.set({ current, pending }, call()), 'identity-mismatch')
      expect(await server.command(['ACL', 'GETUSER', users[1]])).toBeNull()
      await failure(alone.set({ current, pending }, call()), 'permission-missing')
    })

    test('findings of one login: nopass, several other passwords, rights that are missing', async () => {
      const current = await createLogin(server)
      const t = target({ endpoints: [node(server)], admin: admin(server) })
      const found = async (of = t) =>
        (await of.examine(current, call())).map(({ kind, weight }) => `${kind} ${weight}`).slice(1)
      const other = () => server.command(['ACL', 'SETUSER', current.username, `#${hashOf(credential('x'))}`])
      await other()
      expect(await found()).toEqual(['other-passwords warns'])
      await other()
      expect(await found()).toEqual(['other-passwords blocks'])
      await server.command(['ACL', 'SETUSER', current.username, 'nopass'])
      expect(await found()).toEqual(['nopass blocks'])
      const weak = await createLogin(server, ['+acl|getuser', '+acl|dryrun'])
      const [rights] = (
        await target({ endpoints: [node(server)], admin: async () => weak }).examine(current, call())
      ).slice(1)
      expect(rights).toMatchObject({
        kind: 'admin-rights',
        remedy: `ACL SETUSER ${weak.username} +acl|setuser +acl|save +config|rewrite`,
      })
    })
  })
}
