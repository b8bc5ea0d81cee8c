/**
 * Followers that are 80 ms away: how long all of them take against one alone, and what their number costs in memory. Each number in
 * a process of its own.
 * @module
 */
import { execFileSync } from 'node:child_process'
import path from 'node:path'
import type { Measured } from './followers-process.ts'
import { type Result, result } from './result.ts'

const COUNTS = [1, 5, 20] as const
/** All at once take hardly longer than one. */
const AT_ONCE = 1.3
/** Twenty against one; and the last round against the first ones. */
const FLAT = 1.3

export async function followers(): Promise<Result[]> {
  const measured = COUNTS.map(inProcess)
  const [one, most] = [measured[0]!, measured.at(-1)!]
  return [
    ...COUNTS.flatMap((count, n) => stated(count, measured[n]!)),
    result('20 followers at 80 ms: time against the one alone', most.allMs / most.oneMs, '×', AT_ONCE),
    result('followers: heap in use, 20 / 1', most.heapMiB / one.heapMiB, '×', FLAT),
    result('followers: resident, 20 / 1', most.rssMiB / one.rssMiB, '×', FLAT),
    result('20 followers: heap in use, round 300 / round 50', most.heapMiB / most.firstHeapMiB, '×', FLAT),
  ]
}

const name = (count: number): string => (count === 1 ? '1 follower' : `${count} followers`)

const stated = (count: number, { allMs, heapMiB, rssMiB }: Measured): Result[] => [
  result(`${name(count)} at 80 ms: brought up`, allMs, 'ms'),
  result(`${name(count)}: heap in use`, heapMiB, 'MiB'),
  result(`${name(count)}: resident, whole process`, rssMiB, 'MiB'),
]

function inProcess(count: number): Measured {
  const file = path.join(import.meta.dirname, 'followers-process.ts')
  const args = ['--expose-gc', '--disable-warning=ExperimentalWarning', file, String(count)]
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as Measured
}
