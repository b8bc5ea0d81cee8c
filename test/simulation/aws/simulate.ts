// All cells over the real adapter: how many schedules each has played, and which promises were broken.

import { emptyReport, explore, type Report } from '../../../core/testing/simulation/explore.ts'
import { interleave, sleep } from '../../../core/testing/simulation/interleave.ts'
import { realEngine } from '../../../core/testing/simulation/scenarios.ts'
import { type Cell, faultsAt } from './cells.ts'

export interface Depth {
  /** Switches between two processes that nobody asked for. */
  readonly preemptions: number
  /** Beside an edit, every n-th call gets a fault. */
  readonly editStride: number
  /** Play pairs of faults too, every n-th of them. */
  readonly pairStride?: number
  readonly faultStride?: number
}

export async function playCell(
  { scenarios = [], pairs = [], sleeps = [], budget }: Cell,
  { preemptions, ...depth }: Depth,
  first = false,
): Promise<Report> {
  const report = emptyReport()
  const enough = () => first && report.findings.length > 0
  for (const scenario of scenarios)
    if (!enough())
      await explore(scenario, realEngine, report, { faultsAt, newTokens: [false], ...depth, ...budget, first })
  for (const pair of pairs) if (!enough()) await interleave(pair, realEngine, report, preemptions)
  for (const each of sleeps) if (!enough()) await sleep(each, realEngine, report, first)
  return report
}
