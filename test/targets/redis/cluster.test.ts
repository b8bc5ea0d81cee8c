import { afterAll, describe, expect, test } from 'vitest'
import { redisVersions, startRedisCluster } from '../../stand/redis.ts'
import { requireServer } from '../../stand/stand.ts'
import { admin, call, createLogin, credential, failure, node, target, valid } from './fixture.ts'

for (const version of redisVersions) {
  const nodes = requireServer(await startRedisCluster(version))
  describe.skipIf(!nodes)(`a cluster of ${version}`, () => {
    if (!nodes) return
    afterAll(() => Promise.all(nodes.map(each => each.stop())))
    const endpoints = nodes.map((each, i) => node(each, { name: `node ${i + 1}` }))
    const t = target({ endpoints, admin: admin(nodes[0]!), probes: ['GET whichever:node', 'SET a b'] })

    test('every node is rotated; a key that another node has proves the right all the same', async () => {
      const current = await createLogin(nodes)
      const pending = credential(current.username)
      await t.set({ current, pending }, call())
      await t.test(pending, call())
      await t.end({ previous: current, current: pending }, call())
      for (const each of nodes) expect(await valid(each, current, pending)).toEqual([false, true])
      expect((await t.examine(pending, call())).map(({ kind }) => kind)).toEqual(['insecure-tls'])
    })

    test('a node that the configuration leaves out', async () => {
      const current = await createLogin(nodes)
      const u = target({ endpoints: endpoints.slice(1), admin: admin(nodes[0]!) })
      const error = await failure(u.set({ current, pending: credential(current.username) }, call()), 'config-invalid')
      expect(error.at).toBe(`${nodes[0]!.host}:${nodes[0]!.port}`)
      expect((await u.examine(current, call())).map(({ kind }) => kind)).toContain('node-unlisted')
    })
  })
}
