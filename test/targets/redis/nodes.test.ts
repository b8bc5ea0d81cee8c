import { afterAll, describe, expect, test } from 'vitest'
import type { TargetCall } from '../../../core/ports/rotation-target.ts'
import type { Credential } from '../../../core/secret/credential.ts'
import { startProxy } from '../../stand/proxy.ts'
import { becomes, type Redis, startRedis } from '../../stand/redis.ts'
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
  target,
  valid,
  withPassword,
} from './fixture.ts'

const linked = (replica: Redis) => becomes(replica, ['INFO', 'replication'], /master_link_status:up/)

for (const version of ['redis-7.0', 'valkey-9.1'] as const) {
  const primary = requireServer(await startRedis({ version }))
  const replica = primary && requireServer(await startRedis({ version, replicaOf: primary }))
  describe.skipIf(!primary || !replica)(`a primary and its replica, ${version}`, async () => {
    if (!primary || !replica) return
    await linked(replica)
    const both = [primary, replica]
    afterAll(() => Promise.all(both.map(each => each.stop())))
    const endpoints = [node(primary), node(replica, { name: 'replica', role: 'reader' })]
    const t = target({ endpoints, admin: admin(primary) })
    const everywhere = async (...credentials: Credential[]) =>
      Promise.all(both.map(each => valid(each, ...credentials)))

    test('both get the new password, and both lose the old one', async () => {
      const current = await createLogin(both)
      const pending = credential(current.username)
      await t.set({ current, pending }, call())
      expect(await everywhere(current, pending)).toEqual([
        [true, true],
        [true, true],
      ])
      await t.test(pending, call())
      await t.end({ previous: current, current: pending }, call())
      expect(await everywhere(current, pending)).toEqual([
        [false, true],
        [false, true],
      ])
    })

    test.each([[0], [1]])(
      'a run that ended after node %i alone is finished by the next; nobody was refused',
      async which => {
        const current = await createLogin(both)
        const pending = credential(current.username)
        await both[which]!.command(['ACL', 'SETUSER', current.username, `#${hashOf(pending)}`])
        await t.set({ current, pending }, call())
        expect(await everywhere(current, pending)).toEqual([
          [true, true],
          [true, true],
        ])
        await both[which]!.command(['ACL', 'SETUSER', current.username, 'resetpass', `#${hashOf(pending)}`])
        await t.end({ previous: current, current: pending }, call())
        expect(await everywhere(current, pending)).toEqual([
          [false, true],
          [false, true],
        ])
      },
    )

    test('the replica does not have the login, or current: nothing is changed on the primary', async () => {
      const missing = await createLogin(primary)
      await failure(t.set({ current: missing, pending: credential(missing.username) }, call()), 'identity-mismatch')
      const current = await createLogin(both)
      await replica.command(['ACL', 'SETUSER', current.username, 'resetpass', `#${hashOf(credential('x'))}`])
      const error = await failure(t.set({ current, pending: credential(current.username) }, call()), 'auth-failed')
      expect(error.at).toBe('replica')
      expect(await hashes(primary, current.username)).toEqual([hashOf(current)])
    })

    test('a replica, or a primary, that the configuration leaves out stops a rotation before it begins', async () => {
      const current = await createLogin(both)
      const pending = credential(current.username)
      for (const [listed, other] of [
        [primary, replica],
        [replica, primary],
      ] as const) {
        const u = target({ endpoints: [node(listed)], admin: admin(primary) })
        const error = await failure(u.set({ current, pending }, call()), 'config-invalid')
        expect(error.at).toContain(String(other.port))
        const [finding] = (await u.examine(current, call())).filter(({ kind }) => kind === 'node-unlisted')
        expect(finding).toMatchObject({ weight: 'blocks', explanation: expect.stringContaining(String(other.port)) })
      }
      expect(await everywhere(pending)).toEqual([[false], [false]])
      expect((await t.examine(current, call())).map(({ kind }) => kind)).toEqual(['insecure-tls'])
      // what has begun is finished
      await primary.command(['ACL', 'SETUSER', current.username, `#${hashOf(pending)}`])
      await target({ endpoints: [node(primary)], admin: admin(primary) }).set({ current, pending }, call())
    })

    test('the answer of one node is lost: unknown-outcome, and the next run puts it right', async () => {
      const proxy = await startProxy(replica)
      const u = target({
        endpoints: [endpoints[0]!, node(proxy, { name: 'replica', role: 'reader' })],
        admin: admin(primary),
      })
      const current = await createLogin(both)
      const pending = credential(current.username)
      for (const loss of ['delivered', 'swallowed', 'silent'] as const) {
        void proxy.loseAnswerTo('SETUSER', loss)
        const shortly: TargetCall = call(loss === 'silent' ? 3000 : 20_000)
        const error = await failure(u.set({ current, pending }, shortly), 'unknown-outcome')
        expect(error.at).toBe('replica')
        await u.set({ current, pending }, call())
        expect(await everywhere(current, pending)).toEqual([
          [true, true],
          [true, true],
        ])
        await u.end({ previous: pending, current }, call())
      }
      await proxy.stop()
    })

    test('a right that is missing on one node alone: the change is incomplete, which is an unknown outcome', async () => {
      const weak = await createLogin(both, ['+@all'], freshName('rotator'))
      await replica.command(['ACL', 'SETUSER', weak.username, '-acl|setuser'])
      const u = target({ endpoints, admin: async () => weak })
      const current = await createLogin(both)
      const pending = credential(current.username)
      const error = await failure(u.set({ current, pending }, call()), 'unknown-outcome')
      expect(error).toMatchObject({ at: 'replica', foreign: 'NOPERM' })
      expect(await everywhere(current, pending)).toEqual([
        [true, true],
        [true, false],
      ])
      await replica.command(['ACL', 'SETUSER', weak.username, '+acl|setuser'])
      await u.set({ current, pending }, call())
      expect(await everywhere(current, pending)).toEqual([
        [true, true],
        [true, true],
      ])
    })

    test('a probe that writes proves its right on a replica too', async () => {
      const current = await createLogin(both)
      await target({ endpoints, probes: ['SET a b'] }).test(current, call())
      const reader = await createLogin(both, ['~*', '+@read'])
      await failure(target({ endpoints, probes: ['SET a b'] }).test(reader, call()), 'probe-failed')
      const wrong = target({ endpoints: [node(replica)], probes: ['SET a b'] })
      await failure(wrong.test(current, call()), 'target-busy') // a primary that takes no writes
    })
  })

  describe.skipIf(!primary)(`the login of the replication itself, ${version}`, () => {
    test('is told to every node before its old password ends; without being declared it is refused', async () => {
      const first = requireServer(await startRedis({ version }))!
      const login = await createLogin(first, ['+psync', '+replconf', '+ping'], freshName('repl'))
      const conf = { masteruser: login.username, masterauth: `'${login.password.reveal()}'` }
      const second = requireServer(await startRedis({ version, replicaOf: first, conf }))!
      await second.command(['ACL', 'SETUSER', login.username, 'on', `#${hashOf(login)}`])
      await linked(second)
      const endpoints = [node(first), node(second, { name: 'replica', role: 'reader' })]
      const pending = plain(login.username)
      const change = { current: login, pending }

      const undeclared = target({ endpoints, admin: admin(first) })
      await failure(undeclared.set(change, call()), 'unsupported')
      expect((await undeclared.examine(login, call())).map(({ kind }) => kind)).toContain('replication-login')

      const t = target({ endpoints, admin: admin(first), replication: true })
      await failure(t.set({ current: login, pending: credential(login.username) }, call()), 'value-rejected')
      await t.set(change, call())
      await t.end({ previous: login, current: pending }, call())
      expect(await valid(first, login, pending)).toEqual([false, true])
      await first.command(['CLIENT', 'KILL', 'TYPE', 'replica'])
      await becomes(first, ['INFO', 'replication'], /connected_slaves:1/)
      await second.restart() // from its configuration file
      await linked(second)
      await Promise.all([first.stop(), second.stop()])
    })

    test('given up, it keeps the link as it was', async () => {
      const first = requireServer(await startRedis({ version, requirepass: 'of-the-first-day' }))!
      const conf = { masteruser: '""', masterauth: 'of-the-first-day' }
      const second = requireServer(
        await startRedis({ version, replicaOf: first, requirepass: 'of-the-first-day', conf }),
      )!
      await linked(second)
      const t = target({
        endpoints: [node(first), node(second, { name: 'replica', role: 'reader' })],
        replication: true,
      })
      const current = withPassword('default', 'of-the-first-day')
      const pending = plain('default')
      await failure(
        target({ endpoints: [node(first), node(second, { name: 'r' })] }).set({ current, pending }, call()),
        'unsupported',
      )
      await t.set({ current, pending }, call())
      await t.end({ previous: pending, current }, call())
      await second.restart()
      await linked(second)
      await Promise.all([first.stop(), second.stop()])
    })
  })
}
