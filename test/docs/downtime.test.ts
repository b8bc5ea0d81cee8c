/**
 * The downtime page: made of the committed results, which are complete and keep what the page promises. Planted: each check has
 * seen its own kind of bad row.
 */
import { describe, expect, test } from 'vitest'
import { downtimePage } from '../../bench/downtime/page.ts'
import { consumers, engines, LEAST_ROTATIONS, type Measured, type Row, unkept } from '../../bench/downtime/row.ts'
import { page } from './blocks.ts'

const measured: Measured = JSON.parse(page('bench/downtime/results.json'))
const { rows } = measured

test('the page is what `node scripts/write-downtime.ts` makes of the results', () => {
  expect(page('docs/downtime.md')).toBe(downtimePage(measured))
})

test('a row for every engine, strategy and consumer, of enough rotations, that keeps what is promised', () => {
  expect(unkept(rows, engines)).toEqual([])
  const strategies = engines.reduce((sum, each) => sum + each.strategies.length, 0)
  expect(rows).toHaveLength(strategies * consumers.length)
  for (const row of rows) expect(row.rotations).toBeGreaterThanOrEqual(LEAST_ROTATIONS)
})

test('every engine is labelled as what it ran on', () => {
  for (const { engine, label } of engines)
    for (const row of rows.filter(each => each.engine === engine)) expect(row.label).toBe(label)
  expect(page('docs/downtime.md')).toContain("## MongoDB's protocol: FerretDB 2.7.0 (*protocol*)")
})

test('a gap is seen by whoever does not try again, and told in milliseconds', () => {
  const naive = rows.filter(({ overlap, consumer }) => overlap === 'gap' && consumer === 'naive')
  expect(naive.length).toBe(engines.length)
  for (const row of naive) {
    expect(row.failedQueries).toBeGreaterThan(0)
    expect(row.longestGapMs).toBeGreaterThan(0)
  }
})

describe('what would not be let pass', () => {
  const change = (which: (row: Row) => boolean, to: Partial<Row>) =>
    unkept(
      rows.map(row => (which(row) ? { ...row, ...to } : row)),
      engines,
    )
  const one = (overlap: Row['overlap'], consumer: Row['consumer']) => {
    const found = rows.find(row => row.overlap === overlap && row.consumer === consumer)
    return (row: Row) => row === found
  }

  test.each(consumers)('one failed query of %s where both are valid', consumer => {
    expect(change(one('both-valid', consumer), { failedQueries: 1 })).toHaveLength(1)
  })
  test('one failed query of a client that can try again', () => {
    expect(change(one('gap', 'client'), { failedQueries: 1 })).toHaveLength(1)
    expect(change(one('gap', 'naive'), { failedQueries: 9 })).toEqual([])
  })
  test('clients that did nothing', () => {
    expect(change(one('both-valid', 'naive'), { queries: 20 })).toHaveLength(1)
  })
  test('a row that is missing, or there twice', () => {
    expect(unkept(rows.slice(1), engines)).toHaveLength(1)
    expect(unkept([...rows, rows[0]!], engines)).toHaveLength(1)
  })
})
