/**
 * Each request to Secrets Manager in turn is the one that fails, in each way: the source handler in this process with the bundle's
 * client, the fake over HTTP, real PostgreSQL 18. The rotation converges by the service's attempts with one token.
 * Planted: pending of the same token not taken up again: failed here.
 */
import { afterAll, describe, expect, test } from 'vitest'
import type { Fault } from '../fakes/aws/secrets-manager.ts'
import { startPostgres } from '../stand/postgres.ts'
import { requireServer } from '../stand/stand.ts'
import { Faulty, STRATEGIES } from './faults.ts'

const server = requireServer(await startPostgres())
afterAll(() => server?.stop())

const requests = { 'single-user': 8, 'alternating-users': 9 } as const

/** The fault, how often in a row, and what the invocation may say. */
const faults: readonly [Fault, number, RegExp][] = [
  ['reset', 1, /never/],
  ['lost-answer', 1, /never/],
  // more than all tries of the SDK and the engine
  ['reset', 12, /^(store-unavailable|unknown)$/],
  ['lost-answer', 12, /^(store-unavailable|unknown)$/],
  ['throttle', 2, /never/],
  ['expired-token', 1, /^access-denied$/],
  ['error:InternalServiceError', 2, /never/],
  ['error:InternalServiceError', 12, /^(store-unavailable|unknown)$/],
  [{ latencyMs: 150 }, 12, /never/],
]

describe.skipIf(!server)('the request that fails', () => {
  describe.each(STRATEGIES)('%s', strategy => {
    test.concurrent.each(faults)('%j, %i in a row, from each request in turn', async (fault, times, says) => {
      for (let nth = 1; nth <= requests[strategy]; nth++) {
        const faulty = await Faulty.open(server!)
        const end = faulty.failFrom(nth, fault, times)
        const { failures } = await faulty.converges(strategy, faulty.handler())
        const where = `request ${nth}: ${failures}`
        expect(end(), where).toBeGreaterThan(0)
        if (String(says) === '/never/') expect(failures, where).toEqual([])
        else for (const code of failures) expect(code, where).toMatch(says)
        await faulty.close()
      }
    })
  })
})
