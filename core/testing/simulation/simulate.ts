/**
 * Everything at once: all scenarios, races and sleepers over the real engine, and every planted bug.
 * @module
 */
import { type Budget, emptyReport, explore, type Finding, type Report } from './explore.ts'
import { interleave, sleep } from './interleave.ts'
import { type Planted, planted } from './planted.ts'
import { pairs, sleeps } from './races.ts'
import { realEngine, scenarios } from './scenarios.ts'

export interface SimulationOptions {
  /** Of the pairs of faults, every n-th is played (1: all). Absent: none. */
  readonly pairStride?: number
  /** Switches between two processes that nobody asked for. */
  readonly preemptions: number
  readonly progress?: (what: string, report: Report) => void
}

export interface SimulationResult {
  readonly schedules: number
  readonly violations: readonly Finding[]
  readonly planted: readonly { readonly name: string; readonly found: boolean; readonly by?: string }[]
  /** Rows of the table of reachable states that were met, and error codes. */
  readonly rows: readonly string[]
  readonly codes: readonly string[]
}

export async function simulate({ pairStride, preemptions, progress }: SimulationOptions): Promise<SimulationResult> {
  const report = emptyReport()
  const budget: Budget = pairStride === undefined ? {} : { pairStride }
  for (const scenario of scenarios) {
    await explore(scenario, realEngine, report, budget)
    progress?.(scenario.name, report)
  }
  for (const pair of pairs) {
    await interleave(pair, realEngine, report, preemptions)
    progress?.(pair.scenario.name, report)
  }
  for (const sleeper of sleeps) await sleep(sleeper, realEngine, report)
  progress?.('sleepers', report)
  const hunts = []
  for (const bug of planted) hunts.push(await hunt(bug))
  const { schedules, findings, rows, codes } = report
  return { schedules, violations: findings, planted: hunts, rows: [...rows].sort(), codes: [...codes].sort() }
}

/** Whether a planted bug breaks a promise in one of the scenarios named for it. */
export async function hunt({ name, engine, where }: Planted): Promise<SimulationResult['planted'][number]> {
  const report = emptyReport()
  const named = (scenario: { readonly name: string }) => where.some(w => scenario.name.startsWith(w))
  for (const scenario of scenarios.filter(named)) await explore(scenario, engine, report, { first: true })
  for (const sleeper of sleeps.filter(s => named(s.scenario))) await sleep(sleeper, engine, report, true)
  const [finding] = report.findings
  if (!finding) return { name, found: false }
  return { name, found: true, by: `${finding.promise} ${finding.what} (${finding.scenario}: ${finding.schedule})` }
}
