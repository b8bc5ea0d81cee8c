/**
 * What a measurement says: a count, or a ratio within one run. Times of this machine are there to be read, not to be met.
 * @module
 */
import Table from 'cli-table3'
import colors from 'picocolors'

export interface Result {
  readonly name: string
  readonly value: number
  readonly unit: string
  /** At most this; null: stated, without a goal. */
  readonly goal: number | null
  /** Also true without a goal. */
  readonly met: boolean
}

export function result(name: string, value: number, unit: string, goal: number | null = null): Result {
  const rounded = Number(value.toPrecision(4))
  return { name, value: rounded, unit, goal, met: goal === null || rounded <= goal }
}

export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

export async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await work()
  return performance.now() - began
}

export function asTable(results: readonly Result[]): string {
  const table = new Table({
    head: ['', 'measured', 'goal', ''],
    colAligns: ['left', 'right', 'right', 'left'],
    colWidths: [72, 44, 9, 8],
    wordWrap: true,
    style: { head: [], border: [] },
  })
  for (const { name, value, unit, goal, met } of results) {
    const verdict = goal === null ? '' : met ? colors.green('met') : colors.red('MISSED')
    table.push([name, `${value} ${unit}`.trim(), goal === null ? '' : `≤ ${goal}`, verdict])
  }
  return table.toString()
}
