/**
 * Everything at once: all scenarios, races and sleepers over the real engine, and every planted bug.
 * @module
 */
import { type Budget, emptyReport, explore, type Finding, type Report } from './explore.ts'
import { interleave, sleep } from './interleave.ts'
import { type Planted, planted } from './planted.ts'
import { pairs, sleeps } from './races.ts'
import { unreached } from './rows.ts'
import { realEngine, scenarios } from './scenarios.ts'

export interface SimulationOptions extends Omit<Budget, 'first'> {
  /** Switches between two processes that nobody asked for. */
  readonly preemptions: number
  /** Whether planted bugs are looked for. Default: yes. */
  readonly hunt?: boolean
  readonly progress?: (what: string, report: Report) => void
}

export interface SimulationResult {
  readonly schedules: number
  /** How often a promise was broken, and the details. */
  readonly violations: number
  readonly findings: readonly Finding[]
  readonly planted: readonly { readonly name: string; readonly found: boolean; readonly by?: string }[]
  /** States of the world that were met, and rows of the table of reachable states that were not. */
  readonly rows: readonly string[]
  readonly unreached: readonly string[]
  readonly codes: readonly string[]
}

export async function simulate({
  preemptions,
  hunt: hunting = true,
  progress,
  ...budget
}: SimulationOptions): Promise<SimulationResult> {
  const report = emptyReport()
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
  for (const bug of hunting ? planted : []) hunts.push(await hunt(bug))
  const { schedules, findings, rows, codes } = report
  return {
    schedules,
    violations: findings.length,
    findings,
    planted: hunts,
    rows: [...rows].sort(),
    unreached: unreached([...rows, ...[...codes].map(code => `error ${code}`)]),
    codes: [...codes].sort(),
  }
}

/** Whether a planted bug breaks a promise in one of the scenarios named for it. */
export async function hunt({ name, engine, where }: Planted): Promise<SimulationResult['planted'][number]> {
  const report = emptyReport()
  const named = (scenario: { readonly name: string }) => where.some(w => scenario.name.startsWith(w))
  for (const scenario of scenarios.filter(named)) await explore(scenario, engine, report, { first: true })
  for (const sleeper of sleeps.filter(s => named(s.scenario))) await sleep(sleeper, engine, report, true)
  for (const pair of pairs.filter(p => named(p.scenario))) await interleave(pair, engine, report, 2)
  const [finding] = report.findings
  if (!finding) return { name, found: false }
  return { name, found: true, by: `${finding.promise} ${finding.what} (${finding.scenario}: ${finding.schedule})` }
}
