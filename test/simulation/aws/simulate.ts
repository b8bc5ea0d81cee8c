// All cells over the real adapter: how many schedules each has played, and which promises were broken.

import { emptyReport, explore, type Report } from '../../../core/testing/simulation/explore.ts'
import { interleave, sleep } from '../../../core/testing/simulation/interleave.ts'
import { realEngine } from '../../../core/testing/simulation/scenarios.ts'
import { type Cell, cells, faultsAt } from './cells.ts'
import type { PlantedOnAws } from './planted.ts'

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

/** Whether a planted bug breaks a promise in one of the cells named for it, and by which schedule. */
export async function huntOnAws({
  name,
  subject,
  where,
}: PlantedOnAws): Promise<{ name: string; found: boolean; by?: string }> {
  for (const cell of cells(subject).filter(each => where.some(w => each.name.startsWith(w)))) {
    const { findings } = await playCell(cell, hunting, true)
    const [finding] = findings
    if (finding)
      return { name, found: true, by: `${finding.promise} ${finding.what} (${finding.scenario}: ${finding.schedule})` }
  }
  return { name, found: false }
}

const hunting: Depth = { preemptions: 1, editStride: 7 }
