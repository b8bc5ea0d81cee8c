/**
 * One whole rotation, every call to the store answered after 5 ms, against the bare script: in one warm process, in turn. And the
 * memory of a process that makes one.
 * @module
 */
import type { CloudStage } from '../../demo/cloud/stage.ts'
import { type Strategy, strategies } from '../arena.ts'
import { median, type Result, result } from '../result.ts'
import { type Child, startChild } from './child.ts'
import { type Measured, nameOf, openStage, tally } from './measured.ts'
import type { Answer, Beginning, Order } from './rotation-process.ts'

const LATENCY_MS = 5
const PAIRS = 40
const WARM_UP = 6
/** As on the local store: more of a rotation is the store's than ours. */
const GOAL = 1.3

type Worker = Child<Beginning | Order, Answer>

export async function cloudRotationTime(measured: Measured): Promise<Result[]> {
  const stage = await openStage(measured.open)
  const worker = await work(stage, measured)
  try {
    // before anything else is loaded into it
    const { peakMiB } = await worker.ask({
      do: 'engine',
      secret: nameOf('alternating-users', 'engine'),
      alternating: true,
    })
    stage.site.slowDown(LATENCY_MS)
    const results: Result[] = []
    for (const strategy of strategies) results.push(...(await compared(stage, worker, measured.name, strategy)))
    return [...results, result(`${measured.name}: peak memory of a process after one rotation`, peakMiB, 'MiB')]
  } finally {
    worker.end()
    await stage.close()
  }
}

async function work(stage: CloudStage, { bare, mode }: Measured): Promise<Worker> {
  const { site, configText } = stage
  for (const strategy of strategies) site.createSecret(`${nameOf(strategy, 'bare')}-lockstep-pending`, 'x')
  const worker: Worker = startChild('rotation-process.ts')
  await worker.ask({ configText, ca: site.ca, bare, mode })
  return worker
}

async function compared({ site }: CloudStage, worker: Worker, name: string, strategy: Strategy): Promise<Result[]> {
  const alternating = strategy === 'alternating-users'
  const rotation = async (who: 'engine' | 'bare') => {
    const secret = nameOf(strategy, who)
    if (who === 'engine') await worker.ask({ do: 'prepare', secret, alternating })
    site.forget()
    const { ms } = await worker.ask({ do: who, secret, alternating })
    return { ms, calls: tally(site.calls()) }
  }
  const times: { readonly ours: number; readonly bare: number }[] = []
  for (let pair = 0; pair < PAIRS + WARM_UP; pair++) {
    // in turn, and each first every other time
    const first = pair % 2 === 0 ? 'engine' : 'bare'
    const one = await rotation(first)
    const two = await rotation(first === 'bare' ? 'engine' : 'bare')
    const [ours, bare] = first === 'engine' ? [one, two] : [two, one]
    if (pair < WARM_UP) continue
    if (ours.calls !== bare.calls)
      throw new Error(
        `${name}: the bare script makes the calls ${bare.calls}, Lockstep ${ours.calls}: nothing is compared.`,
      )
    times.push({ ours: ours.ms, bare: bare.ms })
  }
  const row = `${name}, ${strategy}`
  return [
    // of each pair, because what else the machine does slows both of a pair down
    result(`${row}: rotation, 5 ms a call / bare script`, median(times.map(t => t.ours / t.bare)), '×', GOAL),
    result(`${row}: rotation, 5 ms a call`, median(times.map(t => t.ours)), 'ms'),
    result(`${row}: the bare script`, median(times.map(t => t.bare)), 'ms'),
  ]
}
