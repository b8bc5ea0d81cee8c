/**
 * `npm run simulate`: the crash simulator over the real engine, on the store in memory and, beside it in a thread of its own, on
 * the AWS adapter with a fake service. `--quick` leaves pairs of faults out, `--json` prints one object.
 */
import { Worker } from 'node:worker_threads'
import { simulate } from '../core/testing/simulation/simulate.ts'
import type { SimulationOnAws } from '../test/simulation/aws/simulate.ts'

const flags = new Set(process.argv.slice(2))
const json = flags.has('--json')
const quick = flags.has('--quick')
const say = (line: string): void => void (json ? process.stderr : process.stdout).write(`${line}\n`)

const onAws = new Promise<SimulationOnAws>((resolve, reject) => {
  const thread = new Worker(new URL('./simulate-aws.ts', import.meta.url), { workerData: { quick } })
  thread.on('message', ({ line, result }: { line?: string; result?: SimulationOnAws }) => {
    if (line !== undefined) say(line)
    if (result) resolve(result)
  })
  thread.on('error', reject)
  thread.on('exit', code => reject(new Error(`The thread has ended with ${code} and no result.`)))
})

const inMemory = await simulate({
  preemptions: quick ? 2 : 3,
  ...(!quick && { pairStride: 13 }),
  progress: (what, { schedules, findings }) =>
    say(`${String(schedules).padStart(8)} schedules, ${findings.length} violations: [memory] ${what}`),
})
const aws = await onAws

const results = [
  { ran: 'memory', ...inMemory },
  { ran: 'fake of Secrets Manager', ...aws },
]
if (json) process.stdout.write(`${JSON.stringify({ ...inMemory, aws })}\n`)
else {
  for (const { findings, planted } of results) {
    for (const { promise, what, scenario, schedule } of findings)
      say(`BROKEN ${promise}: ${what} (${scenario}: ${schedule})`)
    for (const { name, found, by } of planted) say(found ? `found   ${name}: ${by}` : `MISSED  ${name}`)
  }
  for (const row of inMemory.unreached) say(`NOT REACHED  ${row}`)
  for (const { ran, schedules, violations, planted, codes } of results) {
    const found = planted.filter(p => p.found).length
    say(
      `[${ran}] ${schedules} schedules, ${violations} promises broken, ${found} of ${planted.length} planted bugs found`,
    )
    say(`[${ran}] Runs ended with: ${codes.join(', ')}. On a virtual clock.`)
  }
}
const broken = results.some(({ violations, planted }) => violations > 0 || planted.some(p => !p.found))
process.exitCode = broken || inMemory.unreached.length > 0 ? 1 : 0
