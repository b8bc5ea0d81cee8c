/**
 * Users of ElastiCache by its API. The API is a stand-in by its documentation, the cache behind it a real Redis; **not yet run on
 * ElastiCache**. Planted: not waiting for `active`; the list written without current; a second password not looked at: each failed here.
 */
import { afterAll, describe, expect, test } from 'vitest'
import { createElasticacheTarget } from '../../../aws/targets/elasticache.ts'
import { systemClock } from '../../../core/ports/clock.ts'
import { settableTargetConformance } from '../../../core/testing/index.ts'
import { startRedis } from '../../stand/redis.ts'
import { requireServer } from '../../stand/stand.ts'
import {
  call,
  clock,
  failure,
  freshName,
  newPassword,
  node,
  plain,
  target as redisTarget,
} from '../../targets/redis/fixture.ts'
import { startElasticacheApi } from './elasticache-api.ts'

const redis = requireServer(await startRedis())

describe.skipIf(redis === undefined)('a user of ElastiCache', async () => {
  if (redis === undefined) return
  const api = await startElasticacheApi(redis)
  afterAll(() => Promise.all([api.close(), redis.stop()]))
  const keys = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'Canary-key' }

  const over = (name: string, port = redis.port, poll = 20) =>
    createElasticacheTarget(
      {
        user: `arn:aws:elasticache:eu-central-1:123456789012:user:${name}`,
        logins: redisTarget({ endpoints: [node({ host: redis.host, port })] }),
      },
      { identity: async () => keys, ...systemClock, endpoint: api.endpoint, poll },
    )

  async function user() {
    const current = plain(freshName('cache'))
    await api.create(current.username, [current.password.reveal()])
    return { current, target: over(current.username), pending: plain(current.username) }
  }

  for (const { name, run } of settableTargetConformance(async () => {
    const { current, target } = await user()
    return {
      target,
      current,
      newPassword,
      now: clock.now,
      unreachable: over(current.username, 1),
      loseNextAnswer: () => api.next('lost'),
      async connect(credential) {
        const session = await redis.connect({ username: credential.username, password: credential.password.reveal() })
        return { use: async () => void (await session.ping()), close: async () => session.destroy() }
      },
    }
  }))
    test(name, run)

  test('one change a step, signed for the service and the region; then both are valid, then one', async () => {
    const { current, target, pending } = await user()
    api.calls.length = 0
    await target.set({ current, pending }, call())
    expect(api.calls.filter(each => each !== 'DescribeUsers')).toEqual(['ModifyUser 2'])
    expect(api.signatures.at(-1)).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/eu-central-1\/elasticache\/aws4_request, SignedHeaders=content-type;host;x-amz-date,/,
    )
    for (const each of [current, pending]) expect((await target.accepts(each, call())).refused).toEqual([])
    await target.end({ previous: current, current: pending }, call())
    expect(api.calls.filter(each => each !== 'DescribeUsers')).toEqual(['ModifyUser 2', 'ModifyUser 1'])
    expect((await target.accepts(current, call())).accepted).toEqual([])
  })

  test.each([
    ['AccessDenied', 403, 'access-denied'],
    ['InvalidUserState', 400, 'target-busy'],
    ['InvalidParameterValue', 400, 'value-rejected'],
    ['Throttling', 400, 'target-busy'],
    ['SomethingNew', 400, 'refused'],
    ['InternalFailure', 500, 'unknown-outcome'],
    ['UserNotFound', 404, 'identity-mismatch'],
  ] as const)('%s: %i becomes %s, without what the service repeats', async (code, status, expected) => {
    const { current, target, pending } = await user()
    api.next({ code, status })
    const error = await failure(target.set({ current, pending }, call()), expected)
    expect(JSON.stringify([error, error.stack])).not.toContain('Canary')
    expect(error.foreign).toBe(code)
    expect((await target.accepts(current, call())).refused).toEqual([])
  })

  test('a change that does not come to its end before the deadline', async () => {
    const { current, pending } = await user()
    // as much time between two looks as a busy machine may need for one
    const target = over(current.username, redis.port, 1_000)
    api.says({ status: 'modifying' })
    try {
      await failure(target.set({ current, pending }, call(3_500)), 'target-busy')
      const interrupted = target.set({ current, pending }, call(10_000, AbortSignal.timeout(1_500)))
      await failure(interrupted, 'aborted')
    } finally {
      api.says({})
    }
  })

  test('what stands in the way is found', async () => {
    const { current, target, pending } = await user()
    const kinds = async () => (await target.examine(current, call())).map(({ kind }) => kind)
    expect(await kinds()).toEqual([])
    await target.set({ current, pending }, call())
    expect(await kinds()).toEqual(['second-password'])
    api.says({ status: 'deleting', type: 'iam' })
    expect(await kinds()).toEqual(['no-password', 'login-busy', 'second-password'])
    api.says({})
    expect((await over('nobody').examine(current, call())).map(({ kind }) => kind)).toEqual(['login-missing'])
  })

  test('a user that is none', async () => {
    expect(() => over('a/b')).toThrow(/ARN of a user/)
    const { current, pending } = await user()
    await failure(over('nobody').set({ current, pending }, call()), 'identity-mismatch')
    const other = await user()
    await failure(over(other.current.username).set({ current, pending }, call()), 'identity-mismatch')
  })
})
