// The cells of one store over its real adapter: how many schedules each has played, which promises were broken, and in how many
// schedules the store's documented weakness has shown; and whether planted bugs are found.

import type { SecretStore } from '../../../core/ports/secret-store.ts'
import { emptyReport, explore, type Finding, isBroken, type Report } from '../../../core/testing/simulation/explore.ts'
import { VirtualClock } from '../../../core/testing/simulation/hub.ts'
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
export const full: Depth = { preemptions: 2, editStride: 7, pairStride: 61, delays: [2, 7, 30] }
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
  readonly ran: 'fake'
  readonly strategy: string
  readonly trigger: string
  readonly name: string
  readonly schedules: number
  /** Schedules in which a promise was broken. */
  readonly violations: number
  /** Schedules in which the documented weakness of the store has shown. */
  readonly weaker: number
  readonly findings: readonly Finding[]
}

export function played(store: string, { strategy, trigger, name }: Cell, { schedules, findings }: Report): Played {
  const broken = findings.filter(isBroken)
  const weaker = findings.filter(each => !isBroken(each))
  const counts = { schedules, violations: schedulesIn(broken), weaker: schedulesIn(weaker) }
  return { ...{ store, ran: 'fake', strategy, trigger, name }, ...counts, findings: broken }
}

const schedulesIn = (findings: readonly Finding[]): number =>
  new Set(findings.map(({ scenario, schedule }) => `${scenario}: ${schedule}`)).size

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

export const namedFor = ({ where }: Planted<unknown>, cells: readonly Cell[]): readonly Cell[] =>
  cells.filter(each => where.test(`${each.strategy}: ${each.name}`))

/** Whether a bug that is planted in them breaks a promise in one of the cells, and by which schedule. */
export async function hunt(
  name: string,
  cells: readonly Cell[],
  subject: Pick<Subject, 'faultsAt'>,
  depth: Depth = hunting,
): Promise<Hunted> {
  for (const cell of cells) {
    const { findings } = await playCell(cell, subject, depth, true)
    const finding = findings.find(isBroken)
    if (!finding) continue
    const { promise, what, scenario, schedule } = finding
    return { name, found: true, by: `${promise} ${what} (${scenario}: ${schedule})` }
  }
  return { name, found: false }
}

export interface Known extends Pick<Cell, 'strategy' | 'name'> {
  readonly why: string
}

/** One store over its real adapter: what is played on it, and the bugs that are planted. */
export interface Simulated {
  /** What is known to be broken still: a cell that is not has to be struck off. */
  readonly known?: readonly Known[]
  /** As `docs/stores.md` calls it. */
  readonly store: string
  readonly publish: SecretStore['capabilities']['publish']
  readonly cells: readonly Cell[]
  readonly subject: Pick<Subject, 'faultsAt'>
  readonly depths: { readonly short: Depth; readonly full: Depth }
  readonly planted: readonly { readonly name: string; readonly long?: boolean; hunt(): Promise<Hunted> }[]
}

export const publishOf = ({ store }: Pick<Subject, 'store'>): Simulated['publish'] =>
  store(new VirtualClock()).capabilities.publish

export interface Simulation {
  readonly store: string
  readonly cells: readonly Played[]
  readonly schedules: number
  readonly violations: number
  readonly weaker: number
  readonly findings: readonly Finding[]
  readonly planted: readonly Hunted[]
  /** Error codes that runs ended with. */
  readonly codes: readonly string[]
}

/** Everything of one store. `short`: what is long is left out. */
export async function simulateOn(
  { store, cells, subject, depths, planted }: Simulated,
  depth: keyof Simulated['depths'],
  progress: (line: string) => void = () => {},
): Promise<Simulation> {
  const all = depth === 'full'
  const made: Played[] = []
  const codes = new Set<string>()
  for (const cell of cells.filter(({ long }) => all || !long)) {
    const report = await playCell(cell, subject, depths[depth])
    for (const code of report.codes) codes.add(code)
    const one = played(store, cell, report)
    made.push(one)
    const { strategy, trigger, name, schedules, violations } = one
    progress(
      `${String(schedules).padStart(8)} schedules, ${violations} violations: [fake] ${store}, ${strategy}, ${trigger}: ${name}`,
    )
  }
  const hunts: Hunted[] = []
  for (const bug of planted.filter(({ long }) => all || !long)) hunts.push(await bug.hunt())
  const sum = (count: (one: Played) => number) => made.reduce((total, one) => total + count(one), 0)
  return {
    ...{ store, cells: made, planted: hunts, codes: [...codes].sort() },
    schedules: sum(({ schedules }) => schedules),
    violations: sum(({ violations }) => violations),
    weaker: sum(({ weaker }) => weaker),
    findings: made.flatMap(({ findings }) => findings),
  }
}
