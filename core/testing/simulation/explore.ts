/**
 * Which schedules are played: one fault at every call, pairs of faults, an edit at every call.
 * @module
 */
import { type Outcome, play, type Schedule } from './episode.ts'
import type { Fault } from './hub.ts'
import type { Engine, Scenario } from './scenarios.ts'
import type { Violation } from './world.ts'

const faults: readonly Fault[] = ['die-before', 'die-after', 'lost', 'failed', 'late']
/** How many calls later a late effect lands: within the run, in the next ones, much later. */
const landings = [2, 7, 17, 23, 30]

export interface Finding extends Violation {
  readonly scenario: string
  readonly schedule: string
}

/** Not what the store is documented to be unable to keep. */
export const isBroken = ({ weakness }: Violation): boolean => weakness === undefined

export interface Report {
  schedules: number
  readonly findings: Finding[]
  readonly rows: Set<string>
  readonly codes: Set<string>
}

export const emptyReport = (): Report => ({ schedules: 0, findings: [], rows: new Set(), codes: new Set() })

export interface Budget {
  /** Play pairs of faults too, every n-th of them (1: all). */
  readonly pairStride?: number
  /** Beside an edit, every n-th call gets a fault. */
  readonly editStride?: number
  /** Stop at the first finding: enough for planted bugs. */
  readonly first?: boolean
  /** Faults that a call is met with. Default: the same five for all. */
  readonly faultsAt?: (call: string) => readonly Fault[]
  /** Whether reruns come with the same token, a new one, or each. Default: each. */
  readonly newTokens?: readonly boolean[]
  /** Every n-th call gets single faults. Default: all. */
  readonly faultStride?: number
  /** How many calls later a late effect lands. Default: within the run, in the next one, much later. */
  readonly delays?: readonly number[]
}

export async function explore(
  scenario: Scenario,
  engine: Engine,
  report: Report,
  {
    pairStride,
    editStride = 3,
    first,
    faultsAt = () => faults,
    newTokens = [false, true],
    faultStride = 1,
    delays = landings,
  }: Budget = {},
): Promise<void> {
  const base = await record(report, { scenario, engine, faults: new Map() }, 'no fault')
  const edits = scenario.meanwhile ? base.map((_, k) => k) : [undefined]
  const done = () => (first ?? false) && report.findings.some(isBroken)
  for (const meanwhileAt of edits) {
    if (done()) return
    const edited = meanwhileAt === undefined ? '' : `edit before ${meanwhileAt}, `
    const schedule = { scenario, engine, ...(meanwhileAt !== undefined && { meanwhileAt }) }
    const calls = await record(report, { ...schedule, faults: new Map() }, `${edited}no fault`)
    const stride = scenario.meanwhile ? editStride : faultStride
    for (let k = 0; k < calls.length; k += stride)
      for (const fault of faultsAt(calls[k]!)) await single(schedule, k, fault, edited)
  }
  if (pairStride !== undefined && !scenario.meanwhile) await pairs(base)

  async function single(schedule: Omit<Schedule, 'faults'>, k: number, fault: Fault, edited: string): Promise<void> {
    if (done()) return
    for (const newToken of newTokens)
      for (const delay of fault === 'late' ? delays : [3])
        await record(
          report,
          { ...schedule, faults: new Map([[k, fault]]), newToken, delay },
          `${edited}${fault} at ${k}, delay ${delay}`,
        )
  }

  async function pairs(calls: readonly string[]): Promise<void> {
    let n = 0
    for (let k = 0; k < calls.length; k++)
      for (let l = k + 1; l < calls.length + 20; l++)
        for (const a of faultsAt(calls[k]!))
          for (const b of faultsAt(calls[l] ?? '')) {
            if (done()) return
            if (n++ % pairStride! === 0)
              await record(
                report,
                {
                  scenario,
                  engine,
                  faults: new Map([
                    [k, a],
                    [l, b],
                  ]),
                  delay: delays[n % delays.length]!,
                },
                `${a} at ${k}, ${b} at ${l}`,
              )
          }
  }
}

async function record(report: Report, schedule: Schedule, name: string): Promise<readonly string[]> {
  const outcome = await play(schedule)
  reportOutcome(report, outcome, schedule.scenario.name, name)
  return outcome.calls
}

export function reportOutcome(report: Report, outcome: Outcome, scenario: string, schedule: string): void {
  report.schedules++
  for (const row of outcome.rows) report.rows.add(row)
  for (const code of outcome.codes) report.codes.add(code)
  for (const violation of outcome.violations) report.findings.push({ ...violation, scenario, schedule })
}
