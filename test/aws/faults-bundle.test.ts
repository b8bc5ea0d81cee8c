/**
 * Faults in each step of the built bundle under AWS's runtime client, the fake over HTTP, PostgreSQL 18 behind a proxy: every rotation
 * converges by the service's attempts, nothing is broken on the way, and no value is in anything that was written.
 * Planted: a value on stderr, no stop before the end of the time, `set` begun without time, expired credentials taken for no answer:
 * each failed here.
 */
import { afterAll, describe, expect, test } from 'vitest'
import type { Lambda } from '../fakes/aws/lambda.ts'
import { startLambda } from '../fakes/aws/lambda.ts'
import type { Invoke, Step } from '../fakes/aws/rotation-driver.ts'
import { startPostgres } from '../stand/postgres.ts'
import { requireServer } from '../stand/stand.ts'
import { builtBundle } from './bundle-run.ts'
import { expectNoValue, Faulty, STEPS, STRATEGIES } from './faults.ts'

const server = requireServer(await startPostgres({ conf: { log_statement: 'all', log_min_messages: 'info' } }))
const faulty = server && (await Faulty.open(server))
const env = { AWS_ENDPOINT_URL_SECRETS_MANAGER: faulty?.fake.endpoint }
const lambda = faulty && requireServer(await startLambda({ bundle: await builtBundle(), env, timeoutMs: 30_000 }))
afterAll(async () => {
  await lambda?.close()
  await faulty?.close()
  await server?.stop()
})

const invoke: Invoke = event => lambda!.invoke(event)

/** The first invocation of that step is another one; what `arm` answers is called after it. */
function first(step: Step, how: (event: Parameters<Invoke>[0], lambda: Lambda) => ReturnType<Invoke>): Invoke {
  let done = false
  return event => {
    if (done || event.Step !== step) return invoke(event)
    done = true
    return how(event, lambda!)
  }
}

/** Requests of each step. */
const REQUESTS = { 'single-user': [3, 1, 1, 3], 'alternating-users': [3, 3, 1, 2] } as const

describe.skipIf(!lambda)('the bundle', () => {
  describe.each(STRATEGIES)('%s', strategy => {
    test.each(STEPS.map((step, n) => [step, REQUESTS[strategy][n]!] as const))(
      'credentials expire in the middle of %s',
      async (step, last) => {
        const failing = first(step, async event => {
          const end = faulty!.failFrom(last, 'expired-token')
          const answer = await invoke(event)
          expect(end()).toBe(1)
          expect(answer).toMatchObject({
            errorType: 'LockstepError',
            errorMessage: expect.stringContaining('ExpiredTokenException'),
          })
          return answer
        })
        const { attempts, failures } = await faulty!.converges(strategy, failing)
        expect([attempts, failures]).toEqual([2, ['access-denied']])
      },
    )

    test.each(['PutSecretValue', 'UpdateSecretVersionStage', 'DescribeSecret', 'GetSecretValue'])(
      'no answer to %s, however often it is asked; all were applied',
      async operation => {
        faulty!.fake.faults.next(operation, 'lost-answer', 9)
        const { failures } = await faulty!.converges(strategy, invoke)
        expect(failures.length).toBeLessThanOrEqual(2)
        for (const code of failures) expect(['unknown', 'store-unavailable', 'stale', 'busy']).toContain(code)
        faulty!.fake.faults.clear()
      },
    )

    test('a burst of throttling in the last step', async () => {
      const failing = first('finishSecret', async event => {
        const end = faulty!.failFrom(1, 'throttle', 10)
        const answer = await invoke(event)
        end()
        return answer
      })
      const { failures } = await faulty!.converges(strategy, failing)
      expect(failures.every(code => code === 'busy')).toBe(true)
    })

    test.each([{ ms: 100 }, { ms: 400 }, { reads: 12, writes: 1 }, { reads: 3, writes: 2 }])(
      'reads are answered from the past: %j',
      async how => {
        faulty!.fake.faults.stale(how)
        const pause = () => new Promise<void>(resolve => setTimeout(resolve, 200))
        await faulty!.converges(strategy, invoke, { attempts: 10, pause })
        faulty!.fake.faults.clear()
      },
    )

    test.each(STEPS)('time runs out in %s: stops by itself before Lambda stops it', async step => {
      const failing = first(step, async event => {
        const end = faulty!.fake.faults.every('*', { latencyMs: 3_000 })
        const answer = await lambda!.invoke(event, { timeoutMs: 1_500 })
        end()
        expect(answer).toMatchObject({ errorType: 'LockstepError', errorMessage: expect.stringContaining('time-out') })
        return answer
      })
      expect((await faulty!.converges(strategy, failing)).attempts).toBe(2)
    })

    test.each(STEPS)('Lambda ends the process in %s', async step => {
      const failing = first(step, async event => {
        const end = faulty!.fake.faults.every('*', { latencyMs: 150 })
        const answer = await lambda!.invoke(event, { timeoutMs: 100, deadlineMs: Date.now() + 30_000 })
        end()
        return answer
      })
      expect((await faulty!.converges(strategy, failing)).failures).toEqual(['Sandbox.Timedout'])
    })
  })

  describe('the connection to PostgreSQL', () => {
    const changes = {
      'single-user': ['finishSecret', 'ALTER ROLE'],
      'alternating-users': ['setSecret', 'ROLE'],
    } as const

    describe.each(STRATEGIES)('%s', strategy => {
      const [step, statement] = changes[strategy]

      test.each(['delivered', 'swallowed'] as const)('is lost at the change, which was %s', async how => {
        const failing = first(step, async event => {
          const happened = faulty!.proxy.loseAnswerTo(statement, how)
          const answer = await invoke(event)
          await happened
          return answer
        })
        const { failures } = await faulty!.converges(strategy, failing)
        for (const code of failures) expect(['unknown-outcome', 'target-unreachable', 'target-busy']).toContain(code)
      })

      test.each(['silent', 'held'] as const)('is %s at the change: ends before the time does', async how => {
        const failing = first(step, async event => {
          const happened = faulty!.proxy.loseAnswerTo(statement, how)
          const answer = await lambda!.invoke(event, { timeoutMs: 7_000 })
          await happened
          expect(answer).toMatchObject({ errorType: 'LockstepError' })
          return answer
        })
        const { failures } = await faulty!.converges(strategy, failing)
        expect(failures).toHaveLength(1)
      })

      test('and the server restarts at the change', async () => {
        const failing = first(step, async event => {
          const restarted = faulty!.proxy.loseAnswerTo(statement, 'none').then(async () => {
            await server!.down()
            await server!.up()
          })
          const answer = await invoke(event)
          await restarted
          return answer
        })
        const { failures } = await faulty!.converges(strategy, failing)
        for (const code of failures) expect(['unknown-outcome', 'target-unreachable', 'target-busy']).toContain(code)
      })
    })
  })

  test('and no value was written anywhere', () => {
    expect(lambda!.posted.filter(({ path }) => path.endsWith('/error')).length).toBeGreaterThan(20)
    expectNoValue(faulty!, lambda!)
  })
})
