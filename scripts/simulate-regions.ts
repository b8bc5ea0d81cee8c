/**
 * A leader and followers, for `npm run simulate` and for the matrix: every part, and every planted bug, in a thread of its own.
 */
import { parentPort, Worker, workerData } from 'node:worker_threads'
import type { Finding } from '../core/testing/simulation/explore.ts'
import { everything, sampled } from '../core/testing/simulation/regions/explore.ts'
import { plantedInRegions } from '../core/testing/simulation/regions/planted.ts'
import { type Hunted, huntInRegions, simulateRegions } from '../core/testing/simulation/regions/simulate.ts'
import type { PartCount } from '../test/simulation/regions-matrix.ts'

export interface RegionsSimulation {
  readonly parts: readonly PartCount[]
  readonly planted: readonly Hunted[]
  readonly schedules: number
  readonly violations: number
  readonly findings: readonly Finding[]
  readonly codes: readonly string[]
}

export const simulateRegionsInThread = (
  depth: 'short' | 'full',
  say: (line: string) => void,
): Promise<RegionsSimulation> =>
  new Promise((resolve, reject) => {
    const thread = new Worker(import.meta.filename, { workerData: depth })
    thread.on('message', ({ line, simulation }: { line?: string; simulation?: RegionsSimulation }) => {
      if (line !== undefined) say(line)
      if (simulation) resolve(simulation)
    })
    thread.on('error', reject)
    thread.on('exit', code => reject(new Error(`The thread has ended with ${code} and no result.`)))
  })

async function all(depth: 'short' | 'full', say: (line: string) => void): Promise<RegionsSimulation> {
  const played = await simulateRegions(depth === 'full' ? everything : sampled, ({ part, report }) =>
    say(
      `${String(report.schedules).padStart(8)} schedules, ${report.findings.length} violations: [regions] ${part.strategy}: ${part.name}`,
    ),
  )
  const planted: Hunted[] = []
  for (const bug of plantedInRegions) planted.push(await huntInRegions(bug))
  const findings = played.flatMap(({ report }) => report.findings)
  const broken = (each: readonly Finding[]) => new Set(each.map(({ scenario, schedule }) => scenario + schedule)).size
  return {
    parts: played.map(({ part: { strategy, name }, report }) => ({
      part: { strategy, name },
      schedules: report.schedules,
      violations: broken(report.findings),
    })),
    planted,
    schedules: played.reduce((sum, { report }) => sum + report.schedules, 0),
    violations: findings.length,
    findings,
    codes: [...new Set(played.flatMap(({ report }) => [...report.codes]))].sort(),
  }
}

if (parentPort) {
  const port = parentPort
  port.postMessage({ simulation: await all(workerData as 'short' | 'full', line => port.postMessage({ line })) })
}
