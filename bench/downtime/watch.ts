/**
 * The clients in their process, and what they counted while something was done.
 * @module
 */
import { type ChildProcess, fork } from 'node:child_process'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Counted, Order, Report } from './clients.ts'
import { CACHE } from './row.ts'

/** More than one client's pause: after the last cache was refreshed, every client asks once more. */
const LAST_QUERIES_MS = 300

/** `work` begins once every client has had an answer. Rejects with what it throws, or when the process ends. */
export async function watched(order: Exclude<Order, 'stop'>, work: () => Promise<void>): Promise<readonly Counted[]> {
  const child = fork(path.join(import.meta.dirname, 'clients.ts'), {
    execArgv: ['--disable-warning=ExperimentalWarning'],
  })
  try {
    const [ready, counts] = [heard(child, report => report === 'ready'), heard(child, report => report !== 'ready')]
    counts.catch(() => {}) // may be rejected before anybody waits for it
    child.send(order)
    await ready
    await Promise.race([work(), counts])
    await sleep(CACHE + LAST_QUERIES_MS)
    child.send('stop' satisfies Order)
    return (await counts) as readonly Counted[]
  } finally {
    child.kill('SIGKILL')
  }
}

const heard = (child: ChildProcess, wanted: (report: Report) => boolean): Promise<Report> =>
  new Promise((resolve, reject) => {
    child.on('message', (report: Report) => wanted(report) && resolve(report))
    child.once('exit', () => reject(new Error('The process of the clients has ended.')))
  })
