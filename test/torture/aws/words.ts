/**
 * The result for people.
 * @module
 */
import { promises } from '../torture.ts'
import type { Episode } from './lane.ts'
import type { Tortured } from './torture.ts'

export function tellAws({ secret, disturbance, kills, breaches }: Episode, done: number, asked: number): void {
  const when = kills.map(({ step, afterMs, found }) => `in ${step} after ${afterMs} ms (${found})`).join(', ')
  for (const { promise, words } of breaches)
    process.stderr.write(`BROKEN ${promise}: ${secret}, disturbed by ${disturbance}, killed ${when}: ${words}\n`)
  if (process.stderr.isTTY) process.stderr.write(`\r${done} kills\x1b[K${done >= asked ? '\n' : ''}`)
}

const list = (counts: Readonly<Record<string, number>>) =>
  Object.entries(counts)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ')

export function awsInWords(tortured: Tortured): string {
  const { moments, logins, refusedLogins, longestGapMs } = tortured
  const broken = promises.map(promise => `  ${promise.padEnd(16)}${tortured[promise]}`).join('\n')
  const found = Object.entries(moments)
    .toSorted(([one], [other]) => one.localeCompare(other))
    .map(([where, counts]) => `    ${where.padEnd(32)}${list(counts)}`)
    .join('\n')
  return `${tortured.kills} runtime processes of Lambda killed in ${tortured.seconds} s, seed ${tortured.seed}
${broken}
  killed in, and what the kill found
${found}
  disturbed by     ${list(tortured.disturbances)}
  attempts at most ${tortured.mostAttempts}
  consumers        ${logins} logins; of single users ${refusedLogins} refused in the gap, of at most ${longestGapMs} ms
`
}
