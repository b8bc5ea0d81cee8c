/**
 * `npm run simulate`: the crash simulator over the real engine. `--quick` leaves pairs of faults out, `--json` prints one object.
 */
import { simulate } from '../core/testing/simulation/simulate.ts'

const flags = new Set(process.argv.slice(2))
const json = flags.has('--json')
const say = (line: string): void => void (json ? process.stderr : process.stdout).write(`${line}\n`)

const result = await simulate({
  preemptions: flags.has('--quick') ? 2 : 3,
  ...(!flags.has('--quick') && { pairStride: 13 }),
  progress: (what, { schedules, findings }) =>
    say(`${String(schedules).padStart(8)} schedules, ${findings.length} violations: ${what}`),
})
const { schedules, violations, findings, planted, unreached, codes } = result
if (json) process.stdout.write(`${JSON.stringify(result)}\n`)
else {
  for (const { promise, what, scenario, schedule } of findings)
    say(`BROKEN ${promise}: ${what} (${scenario}: ${schedule})`)
  for (const { name, found, by } of planted) say(found ? `found   ${name}: ${by}` : `MISSED  ${name}`)
  for (const row of unreached) say(`NOT REACHED  ${row}`)
  say(
    `${schedules} schedules, ${violations} promises broken, ${planted.filter(p => p.found).length} of ${planted.length} planted bugs found`,
  )
  say(`Runs ended with: ${codes.join(', ')}. All of it in memory, on a virtual clock.`)
}
process.exitCode = violations > 0 || unreached.length > 0 || planted.some(p => !p.found) ? 1 : 0
