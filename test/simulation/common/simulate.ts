// The cells of one store over its real adapter: how many schedules each has played, which promises were broken, and in how many
// schedules the store's documented weakness has shown.

import { emptyReport, explore, type Finding, isBroken, type Report } from '../../../core/testing/simulation/explore.ts'
import { interleave, sleep } from '../../../core/testing/simulation/interleave.ts'
import { realEngine } from '../../../core/testing/simulation/scenarios.ts'
import type { Cell, Subject } from './cells.ts'

export interface Depth {
  /** Switches between two processes that nobody asked for. */
  readonly preemptions: number
  /** Beside an edit, every n-th call gets a fault; 0: none. */
  readonly editStride: number
  /** Play pairs of faults too, every n-th of them. */
  readonly pairStride?: number
  readonly faultStride?: number
  readonly delays?: readonly number[]
}

/** For every change: some faults beside every edit are left out, and switches between two processes are few. */
export const short: Depth = { preemptions: 1, editStride: 0, faultStride: 5, delays: [7] }
export const full: Depth = { preemptions: 2, editStride: 7, pairStride: 61 }
export const hunting: Depth = { preemptions: 1, editStride: 0 }

export async function playCell(
  { scenarios = [], pairs = [], sleeps = [], budget, paired }: Cell,
  { faultsAt }: Pick<Subject, 'faultsAt'>,
  { preemptions, pairStride, ...depth }: Depth,
  first = false,
): Promise<Report> {
  const report = emptyReport()
  const enough = () => first && report.findings.some(isBroken)
  const more = { ...(paired && pairStride !== undefined && { pairStride }), first }
  for (const scenario of scenarios)
    if (!enough())
      await explore(scenario, realEngine, report, {
        faultsAt: scenario.meanwhile && depth.editStride === 0 ? () => [] : faultsAt,
        newTokens: [false],
        ...{ ...depth, editStride: depth.editStride || 1 },
        ...{ ...budget, ...more },
      })
  for (const pair of pairs) if (!enough()) await interleave(pair, realEngine, report, preemptions)
  for (const each of sleeps) if (!enough()) await sleep(each, realEngine, report, first)
  return report
}

export interface Played {
  readonly store: string
  readonly ran: 'memory' | 'fake'
  readonly strategy: string
  readonly trigger: string
  readonly name: string
  readonly schedules: number
  readonly violations: number
  /** Schedules in which the documented weakness of the store has shown. */
  readonly weaker: number
  readonly findings: readonly Finding[]
}

export function played(store: string, { strategy, trigger, name }: Cell, { schedules, findings }: Report): Played {
  const broken = findings.filter(isBroken)
  const weaker = new Set(findings.filter(each => !isBroken(each)).map(each => `${each.scenario}: ${each.schedule}`))
  const counts = { schedules, violations: broken.length, weaker: weaker.size }
  return { ...{ store, ran: 'fake', strategy, trigger, name }, ...counts, findings: broken }
}

export interface Planted<T> {
  readonly name: string
  readonly subject: T
  /** Cells in which it is looked for: `single-user: two rotations`. */
  readonly where: RegExp
}

export interface Hunted {
  readonly name: string
  readonly found: boolean
  readonly by?: string
}

/** Whether a planted bug breaks a promise in one of the cells named for it, and by which schedule. */
export async function hunt(
  { name, where }: Planted<unknown>,
  cells: readonly Cell[],
  subject: Subject,
): Promise<Hunted> {
  for (const cell of cells.filter(each => where.test(`${each.strategy}: ${each.name}`))) {
    const { findings } = await playCell(cell, subject, hunting, true)
    const finding = findings.find(isBroken)
    if (!finding) continue
    const { promise, what, scenario, schedule } = finding
    return { name, found: true, by: `${promise} ${what} (${scenario}: ${schedule})` }
  }
  return { name, found: false }
}
