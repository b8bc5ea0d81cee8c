/**
 * Measures one size; started by `many-secrets.ts` with the configuration. Prints one JSON object.
 * @module
 */
import { Writable } from 'node:stream'
import type { Io } from '../cli/io.ts'
import { main } from '../cli/main.ts'
import { systemClock } from '../core/ports/clock.ts'
import { rotate } from '../core/rotation/rotate.ts'
import { openWorkspace } from '../demo/playground.ts'
import { median, timed } from './result.ts'

export interface Measured {
  readonly statusMs: number
  readonly sweepMs: number
  /** What a loaded workspace and one answer of `status` keep alive, over an empty process. */
  readonly heapMiB: number
  /** At most, up to the first answer of `status`. */
  readonly rssMiB: number
}

const REPEATS = 5
const MIB = 2 ** 20
const configFile = process.argv[2]!
const never = new AbortController().signal

/** The command as a user calls it, without the start of the process. */
async function status(): Promise<string> {
  let printed = ''
  const out = new Writable({
    write: (chunk, _, done) => {
      printed += chunk
      done()
    },
  })
  const io = { ...process, stdout: out, stderr: out, cwd: '/', clock: systemClock, signal: never } as unknown as Io
  const code = await main(['status', '--json', '--config', configFile], io)
  if (code !== 0) throw new Error(`status answered ${code}: ${printed.slice(0, 300)}`)
  return printed
}

/** What a schedule does every few minutes. */
async function sweep(): Promise<void> {
  const workspace = openWorkspace(configFile)
  const actor = { user_id: 'scheduler', user_agent: 'lockstep/bench' }
  for (const name of workspace.config.secrets.keys()) {
    const request = { type: 'scheduled', actor, deadline: Date.now() + 60_000 } as const
    const { outcome } = await rotate(await workspace.setup(name), request, never)
    if (outcome !== 'not-due') throw new Error(`Expected nothing to be due, got ${outcome}.`)
  }
  await workspace.close()
}

const heap = () => {
  globalThis.gc!()
  return process.memoryUsage().heapUsed
}

const empty = heap()
const workspace = openWorkspace(configFile)
const answers = [await status()]
const rssMiB = process.resourceUsage().maxRSS / 1024 // the command runs once in its process, not eleven times
const heapMiB = (heap() - empty) / MIB
await workspace.close()
const times = { status: [] as number[], sweep: [] as number[] }
for (let repeat = 0; repeat < REPEATS; repeat++) {
  times.status.push(await timed(async () => answers.splice(0, 1, await status())))
  times.sweep.push(await timed(sweep))
}
const measured: Measured = {
  statusMs: median(times.status),
  sweepMs: median(times.sweep),
  heapMiB,
  rssMiB,
}
process.stdout.write(JSON.stringify(measured))
