import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { becomes, startRedis, startSentinel } from '../../stand/redis.ts'
import { freePort, requireServer } from '../../stand/stand.ts'
import { admin, call, createLogin, credential, failure, freshName, node, plain, target, valid } from './fixture.ts'

for (const version of ['redis-7.0', 'valkey-9.1'] as const) {
  const primary = requireServer(await startRedis({ version }))
  describe.skipIf(!primary)(`a Sentinel of ${version}`, () => {
    if (!primary) return

    test('is told before the old password ends, and goes on watching', async () => {
      const current = await createLogin(primary, ['&*', '+@all'], plain(freshName('sentinel')))
      const who = { username: current.username, password: current.password.reveal() }
      const sentinel = requireServer(await startSentinel(primary, who))!
      const watching = /,flags,master,/
      await becomes(sentinel, ['SENTINEL', 'MASTER', 'main'], watching)
      const options = { endpoints: [node(primary)], admin: admin(primary), masterName: 'main' }
      const t = target({ ...options, sentinels: [sentinel] })
      const pending = plain(current.username)
      await t.set({ current, pending }, call())
      await t.end({ previous: current, current: pending }, call())
      expect(await valid(primary, current, pending)).toEqual([false, true])
      await primary.command(['CLIENT', 'KILL', 'USER', current.username]) // so that it logs in anew
      const connected = ['CLIENT', 'LIST']
      await becomes(primary, connected, new RegExp(`name=sentinel.*user=${current.username} `))
      await becomes(sentinel, ['SENTINEL', 'MASTER', 'main'], watching)
      expect(readFileSync(sentinel.configFile, 'utf8')).not.toContain(current.password.reveal())
      expect(sentinel.log()).not.toContain(pending.password.reveal())

      await failure(t.set({ current: pending, pending: credential(current.username) }, call()), 'value-rejected')

      // one that does not answer keeps the old password alive
      const next = plain(current.username)
      const lost = { host: '127.0.0.1', port: await freePort() }
      const u = target({ ...options, sentinels: [sentinel, lost] })
      await u.set({ current: pending, pending: next }, call())
      await failure(u.end({ previous: pending, current: next }, call()), 'target-unreachable')
      expect(await valid(primary, pending, next)).toEqual([true, true])
      await sentinel.stop()
    })

    test('knows a name, a replica and other Sentinels: what is not listed is found', async () => {
      const current = await createLogin(primary)
      const [one, two] = [requireServer(await startSentinel(primary))!, requireServer(await startSentinel(primary))!]
      await becomes(one, ['SENTINEL', 'MASTER', 'main'], /num-other-sentinels,1/)
      const found = async (sentinels: readonly (typeof one)[], masterName: string) => {
        const t = target({ endpoints: [node(primary)], admin: admin(primary), sentinels, masterName })
        return (await t.examine(current, call())).map(({ kind }) => kind).filter(kind => kind !== 'insecure-tls')
      }
      expect(await found([one, two], 'main')).toEqual([])
      expect(await found([one], 'main')).toEqual(['node-unlisted'])
      expect(await found([one], 'other')).toEqual(['sentinel-master'])
      await Promise.all([one.stop(), two.stop(), primary.stop()])
    })
  })
}

test('what cannot be configured', () => {
  const endpoints = [node({ host: 'h', port: 1 })]
  const invalid = expect.objectContaining({ code: 'config-invalid' })
  expect(() => target({ endpoints, sentinels: [{ host: 's' }] })).toThrow(invalid)
  expect(() => target({ endpoints: [node({ host: 'h', port: 1 }, { role: 'reader' })] })).toThrow(invalid)
  expect(() => target({ endpoints, strategy: 'alternating-users' })).toThrow(invalid)
  const pair = { strategy: 'alternating-users', users: ['a', 'b'] } as const
  expect(() => target({ endpoints, ...pair, replication: true })).toThrow(invalid)
})
