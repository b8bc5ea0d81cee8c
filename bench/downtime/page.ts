/** Rows for people: on the screen, and in `docs/downtime.md`. */
import Table from 'cli-table3'
import type { Row } from './row.ts'

const head = [
  'engine',
  '',
  'strategy',
  'overlap',
  'consumer',
  'rotations',
  'queries',
  'failed',
  'longest gap',
  'slowest',
]

const cells = (row: Row): string[] => [
  `${row.engine} ${row.version}`,
  row.label,
  row.strategy,
  row.overlap,
  row.consumer,
  ...[row.rotations, row.queries, row.failedQueries].map(each => each.toLocaleString('en')),
  `${row.longestGapMs} ms`,
  `${row.slowestQueryMs} ms`,
]

export function asTable(rows: readonly Row[]): string {
  const table = new Table({ head, style: { head: [], border: [] } })
  table.push(...rows.map(cells))
  return table.toString()
}
