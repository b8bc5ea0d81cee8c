// All cells over the real adapter: how many schedules each has played, and which promises were broken.

import { emptyReport, explore, type Report } from '../../../core/testing/simulation/explore.ts'
import { interleave, sleep } from '../../../core/testing/simulation/interleave.ts'
import { realEngine } from '../../../core/testing/simulation/scenarios.ts'
import { type Cell, cells, faultsAt } from './cells.ts'
import { type PlantedOnAws, plantedOnAws } from './planted.ts'

export interface Depth {
  /** Switches between two processes that nobody asked for. */
  readonly preemptions: number
  /** Beside an edit, every n-th call gets a fault; 0: none. */
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
      await explore(scenario, realEngine, report, {
        faultsAt: scenario.meanwhile && depth.editStride === 0 ? () => [] : faultsAt,
        newTokens: [false],
        ...depth,
        editStride: depth.editStride || 1,
        ...budget,
        first,
      })
  for (const pair of pairs) if (!enough()) await interleave(pair, realEngine, report, preemptions)
  for (const each of sleeps) if (!enough()) await sleep(each, realEngine, report, first)
  return report
}

/** Whether a planted bug breaks a promise in one of the cells named for it, and by which schedule. */
export async function huntOnAws({
  name,
  subject,
  where,
  only = '',
}: PlantedOnAws): Promise<{ name: string; found: boolean; by?: string }> {
  for (const cell of cells(subject).filter(each => where.some(w => each.name.startsWith(w)))) {
    const scenarios = cell.scenarios?.filter(scenario => scenario.name.includes(only))
    const { findings } = await playCell({ ...cell, ...(scenarios && { scenarios }) }, hunting, true)
    const [finding] = findings
    if (finding)
      return { name, found: true, by: `${finding.promise} ${finding.what} (${finding.scenario}: ${finding.schedule})` }
  }
  return { name, found: false }
}

const hunting: Depth = { preemptions: 1, editStride: 5 }

export interface SimulationOnAws {
  readonly cells: readonly {
    readonly name: string
    readonly ran: 'fake'
    readonly schedules: number
    readonly violations: number
  }[]
  readonly schedules: number
  readonly violations: number
  readonly findings: Report['findings']
  readonly planted: readonly { readonly name: string; readonly found: boolean; readonly by?: string }[]
  readonly codes: readonly string[]
}

/** For every change: no faults beside an edit, one at every few calls elsewhere, and few switches between two processes. */
export const short: Depth = { preemptions: 1, editStride: 0, faultStride: 7 }
export const full: Depth = { preemptions: 2, editStride: 7, pairStride: 211 }

export async function simulateOnAws(
  depth: Depth,
  progress: (line: string) => void = () => {},
): Promise<SimulationOnAws> {
  const played = []
  const findings: Report['findings'] = []
  const codes = new Set<string>()
  for (const cell of cells().filter(({ long }) => depth !== short || !long)) {
    const report = await playCell(cell, depth)
    findings.push(...report.findings)
    for (const code of report.codes) codes.add(code)
    played.push({
      name: cell.name,
      ran: 'fake' as const,
      schedules: report.schedules,
      violations: report.findings.length,
    })
    progress(
      `${String(report.schedules).padStart(8)} schedules, ${report.findings.length} violations: [fake] ${cell.name}`,
    )
  }
  const planted = []
  for (const bug of plantedOnAws.filter(({ long }) => depth !== short || !long)) planted.push(await huntOnAws(bug))
  const schedules = played.reduce((sum, cell) => sum + cell.schedules, 0)
  return { cells: played, schedules, violations: findings.length, findings, planted, codes: [...codes].sort() }
}
