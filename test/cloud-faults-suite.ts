/** What the clouds have in common of `faults-live.test.ts`. */
import { describe, expect, test } from 'vitest'
import type { Faulty, Strategy } from './cloud-faults.ts'
import { STRATEGIES } from './cloud-faults.ts'

export interface Asked {
  readonly faulty: Faulty
  /** Requests of a rotation, at most. */
  readonly requests: Readonly<Record<Strategy, number>>
  /** A read, and the publication. */
  readonly halfOpen: Readonly<Record<Strategy, readonly number[]>>
  /** As the fake calls them. */
  readonly faults: { readonly internal: string }
}

/** What a run may say that has had no answer. */
const UNANSWERED = ['unknown', 'store-unavailable', 'no-time', 'stale', 'busy', 'aborted']
const AT_TARGET = ['unknown-outcome', 'target-unreachable', 'target-busy', 'no-time']

export function faultsSuite({ faulty, requests, halfOpen, faults }: Asked): void {
  describe.each(STRATEGIES)('%s', strategy => {
    const all = Array.from({ length: requests[strategy] }, (_, n) => n + 1)
    const spread = all.filter(n => n % 2 === 1)

    test('every answer is slow: done at once', async () => {
      const failures = await faulty.converges(strategy, () => faulty.failFrom(1, { latencyMs: 60 }))
      expect(failures).toEqual([])
    })

    test.each(spread)('the connection breaks at request %i, and the answer is lost', async nth => {
      const failures = await faulty.converges(strategy, () => faulty.failFrom(nth, 'lost-answer', 1))
      for (const code of failures) expect(UNANSWERED).toContain(code)
    })

    // A quarter of a minute each, which is how long a connection that says nothing is waited for.
    test.each(halfOpen[strategy])(
      'the connection of request %i is half open: the run does not wait for it for ever',
      async nth => {
        const began = performance.now()
        const failures = await faulty.converges(strategy, () => faulty.halfOpenAt(nth), 40_000)
        expect(performance.now() - began).toBeLessThan(30_000)
        for (const code of failures) expect(UNANSWERED).toContain(code)
      },
    )

    test.each(spread)('credentials expire for good at request %i; the next run has others', async nth => {
      const failures = await faulty.converges(strategy, () => faulty.failFrom(nth, 'expired-token'))
      expect(failures).toContain('access-denied')
    })

    test.each(spread)('a burst of throttling from request %i on', async nth => {
      const failures = await faulty.converges(strategy, () => faulty.failFrom(nth, 'throttle'))
      for (const code of failures) expect(['busy', 'no-time']).toContain(code)
      expect(failures.length).toBeGreaterThan(0)
    })

    test('every third request fails inside the service, for one run', async () => {
      let n = 0
      const failures = await faulty.converges(strategy, () => {
        const ends: (() => number)[] = []
        for (let nth = 3; nth < 40; nth += 3) ends.push(faulty.failFrom(nth, faults.internal, 1))
        n = ends.length
        return () => ends.toReversed().map(end => end())
      })
      expect(n).toBeGreaterThan(3)
      for (const code of failures) expect(UNANSWERED).toContain(code)
    })

    describe('PostgreSQL', () => {
      test.each(['delivered', 'swallowed', 'silent', 'held'] as const)(
        'the change is %s, and not answered',
        async how => {
          const failures = await faulty.converges(strategy, () => {
            void faulty.database.loseAnswerTo('ROLE', how)
            return () => undefined
          })
          for (const code of failures) expect(AT_TARGET).toContain(code)
        },
      )

      test('the server restarts at the change', async () => {
        let restarted: Promise<void> | undefined
        const failures = await faulty.converges(strategy, () => {
          restarted = faulty.database.loseAnswerTo('ROLE', 'none').then(async () => {
            await faulty.server.down()
            await faulty.server.up()
          })
          return () => undefined
        })
        await restarted
        for (const code of failures) expect(AT_TARGET).toContain(code)
      })
    })
  })
}
