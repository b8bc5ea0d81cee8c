import { afterAll, describe, expect, test } from 'vitest'
import { RotationError } from '../../../core/errors.ts'
import { redisVersions, startRedis } from '../../stand/redis.ts'
import { requireServer } from '../../stand/stand.ts'
import { admin, call, createLogin, credential, node, target, valid } from './fixture.ts'

for (const version of redisVersions) {
  const server = requireServer(await startRedis({ version, aclfile: version.startsWith('valkey') }))
  describe.skipIf(!server)(`${version}, killed and started again at any moment`, () => {
    if (!server) return
    afterAll(() => server.stop())

    test('of set and end: current is never lost, what is done stays done, and the next run finishes', async () => {
      const t = target({ endpoints: [node(server)], admin: admin(server), connectTimeout: 2000 })
      let current = await createLogin(server)
      await t.force!(current, call())
      const interrupted: string[] = []
      const attempt = async (step: () => Promise<void>, delay: number) => {
        const running = step().catch((error: unknown) => {
          expect(error).toBeInstanceOf(RotationError)
          interrupted.push((error as RotationError).code)
        })
        await new Promise(resolve => setTimeout(resolve, delay))
        await server.restart()
        await running
      }
      for (const delay of [1, 4, 8, 15, 30]) {
        const pending = credential(current.username)
        const change = { current, pending }
        await attempt(() => t.set(change, call()), delay)
        expect(await valid(server, current)).toEqual([true])
        await t.set(change, call())
        await server.restart()
        expect(await valid(server, current, pending)).toEqual([true, true])
        const ending = { previous: current, current: pending }
        await attempt(() => t.end(ending, call()), delay)
        expect(await valid(server, pending)).toEqual([true])
        await t.end(ending, call())
        await server.restart()
        expect(await valid(server, current, pending)).toEqual([false, true])
        current = pending
      }
      const codes = ['target-unreachable', 'unknown-outcome', 'target-busy', 'auth-failed', 'still-accepted']
      expect(interrupted.filter(code => !codes.includes(code))).toEqual([])
    })
  })
}
