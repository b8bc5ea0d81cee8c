/**
 * `npm run simulate`: the crash simulator over the real engine, on the store in memory and, beside it in a thread, on the adapters
 * with our fakes of the services, and then a leader with followers. `--quick` leaves pairs of faults out, `--json` prints one object.
 */
import { simulate } from '../core/testing/simulation/simulate.ts'
import { simulateRegionsInThread } from './simulate-regions.ts'
import { simulateStores } from './simulate-store.ts'

const flags = new Set(process.argv.slice(2))
const json = flags.has('--json')
const quick = flags.has('--quick')
const say = (line: string): void => void (json ? process.stderr : process.stdout).write(`${line}\n`)

const onFakes = simulateStores(quick ? 'short' : 'full', say)

const inMemory = await simulate({
  preemptions: quick ? 2 : 3,
  ...(!quick && { pairStride: 13 }),
  progress: (what, { schedules, findings }) =>
    say(`${String(schedules).padStart(8)} schedules, ${findings.length} violations: [memory] ${what}`),
})
const regions = await simulateRegionsInThread(quick ? 'short' : 'full', say)
const stores = await onFakes

const results = [
  { ran: 'memory', weaker: 0, ...inMemory },
  { ran: 'memory: leader and followers', weaker: 0, ...regions },
  ...stores.map(simulation => ({ ran: `fake: ${simulation.store}`, ...simulation })),
]
if (json) process.stdout.write(`${JSON.stringify({ ...inMemory, regions, stores })}\n`)
else {
  for (const { findings, planted } of results) {
    for (const { promise, what, scenario, schedule } of findings)
      say(`BROKEN ${promise}: ${what} (${scenario}: ${schedule})`)
    for (const { name, found, by } of planted) say(found ? `found   ${name}: ${by}` : `MISSED  ${name}`)
  }
  for (const row of inMemory.unreached) say(`NOT REACHED  ${row}`)
  for (const { ran, schedules, violations, weaker, planted, codes } of results) {
    const found = planted.filter(p => p.found).length
    const shown = weaker > 0 ? `; the documented weakness of the store shown in ${weaker}` : ''
    say(
      `[${ran}] ${schedules} schedules, ${violations} promises broken${shown}, ${found} of ${planted.length} planted bugs found`,
    )
    say(`[${ran}] Runs ended with: ${codes.join(', ')}. On a virtual clock.`)
  }
}
const broken = results.some(({ violations, planted }) => violations > 0 || planted.some(p => !p.found))
process.exitCode = broken || inMemory.unreached.length > 0 ? 1 : 0
