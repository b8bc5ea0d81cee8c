/**
 * One store of `npm run simulate` or of `scripts/write-matrix.ts`, in a thread of its own: what it has used is given back when it ends.
 */
import { parentPort, Worker, workerData } from 'node:worker_threads'
import type { Simulated, Simulation } from '../test/simulation/common/simulate.ts'
import { simulateOn } from '../test/simulation/common/simulate.ts'
import { simulatedStores } from '../test/simulation/stores.ts'

type Depth = keyof Simulated['depths']

interface Asked {
  readonly store: string
  readonly depth: Depth
}

/** Every store, one after the other. */
export async function simulateStores(depth: Depth, say: (line: string) => void): Promise<readonly Simulation[]> {
  const simulations: Simulation[] = []
  for (const { store } of simulatedStores) simulations.push(await inThread({ store, depth }, say))
  return simulations
}

const inThread = (asked: Asked, say: (line: string) => void): Promise<Simulation> =>
  new Promise((resolve, reject) => {
    const thread = new Worker(import.meta.filename, { workerData: asked })
    thread.on('message', ({ line, simulation }: { line?: string; simulation?: Simulation }) => {
      if (line !== undefined) say(line)
      if (simulation) resolve(simulation)
    })
    thread.on('error', reject)
    thread.on('exit', code => reject(new Error(`The thread has ended with ${code} and no result.`)))
  })

if (parentPort) {
  const { store, depth } = workerData as Asked
  const simulated = simulatedStores.find(each => each.store === store)!
  const simulation = await simulateOn(simulated, depth, line => parentPort!.postMessage({ line }))
  parentPort.postMessage({ simulation })
}
