/**
 * The short version of `npm run bench -- downtime`: clients that cache, open connections all the time and never try again, while a
 * secret is rotated and the old credential ends. Planted: below, one password at a time.
 */
import { expect, test } from 'vitest'
import { type Measuring, measure } from '../../bench/downtime/measure.ts'
import { CLIENTS, type Row } from '../../bench/downtime/row.ts'

/** Skips where the server cannot be had. */
async function naiveRow(
  what: Pick<Measuring, 'engine' | 'strategy' | 'rotations'> & Partial<Measuring>,
  skip: (why: string) => never,
): Promise<Row> {
  const rows = await measure({ label: 'real', consumers: ['naive'], ...what })
  return rows?.[0] ?? skip('no server on this machine')
}

const bothValid = (['mysql', 'mariadb', 'redis'] as const).flatMap(engine => [
  // the second `set` must not take what the first has left to the consumers
  { engine, strategy: 'dual-password', rotations: 2 } as const,
  { engine, strategy: 'alternating-users', rotations: 1 } as const,
])

test.for(bothValid)('$engine, $strategy: 0 failed queries', async (which, { skip }) => {
  const row = await naiveRow(which, skip)
  expect(row).toMatchObject({ ...which, overlap: 'both-valid', failedQueries: 0, longestGapMs: 0 })
  expect(row.queries).toBeGreaterThan(CLIENTS * which.rotations)
})

// The tests above could not fail if the clients did not cache, did not reconnect, or did not count.
test('planted: with one password at a time, the same clients are seen to fail', async ({ skip }) => {
  const policy = { grace: 300, consumers: [] }
  const row = await naiveRow({ engine: 'mariadb', strategy: 'single-user', rotations: 4, policy }, skip)
  expect(row.overlap).toBe('gap')
  expect(row.failedQueries).toBeGreaterThan(0)
  expect(row.longestGapMs).toBeGreaterThan(0)
})
