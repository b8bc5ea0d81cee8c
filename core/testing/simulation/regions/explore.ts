/**
 * Which schedules are played with a leader and followers: a fault at every call, trouble from every call on, a crash at every call
 * beside trouble, and processes that meet.
 * @module
 */
import { emptyReport, isBroken, type Report } from '../explore.ts'
import type { Fault } from '../hub.ts'
import { disturbances } from './disturbances.ts'
import {
  playRegions,
  type RegionsEngine,
  type RegionsOutcome,
  type RegionsScenario,
  type RegionsSchedule,
} from './episode.ts'
import { type Meeting, meet } from './meetings.ts'

/** Of each kind of schedule, every n-th is played (1: all). */
export interface Strides {
  readonly faults: number
  readonly pairs: number
  readonly troubles: number
  readonly crashesInTrouble: number
  readonly meetings: number
  readonly interleavings: number
}

export const everything: Strides = {
  faults: 1,
  pairs: 997,
  troubles: 1,
  crashesInTrouble: 4,
  meetings: 1,
  interleavings: 13,
}

/** For every change. */
export const sampled: Strides = {
  faults: 13,
  pairs: 7_207,
  troubles: 23,
  crashesInTrouble: 61,
  meetings: 3,
  interleavings: 61,
}

export interface Played {
  readonly engine: RegionsEngine
  readonly report: Report
  /** Stop at the first promise that is broken: enough for planted bugs. */
  readonly first?: boolean
}

const faults: readonly Fault[] = ['die-before', 'die-after', 'lost', 'failed', 'dropped', 'late']
/** How many calls later a late effect lands: within the run, in the next one, much later. */
const landings = [2, 9, 31, 60]

/** Only some reads are answered from an older state: the register is asked as of now. */
const faultsAt = (call: string): readonly Fault[] =>
  /^(?:eu|us|ap|il)\.describe$/.test(call) ? [...faults, 'stale'] : faults

export const isDone = ({ first, report }: Played): boolean => (first ?? false) && report.findings.some(isBroken)

export function note(report: Report, { violations, codes }: RegionsOutcome, scenario: string, schedule: string): void {
  report.schedules++
  for (const code of codes) report.codes.add(code)
  for (const violation of violations) report.findings.push({ ...violation, scenario, schedule })
}

async function play(played: Played, schedule: RegionsSchedule, name: string): Promise<readonly string[]> {
  if (isDone(played)) return []
  const outcome = await playRegions(schedule)
  note(played.report, outcome, schedule.scenario.name, name)
  return outcome.calls
}

/** Every n-th of them, and another one each time that it is asked. */
export class Sampler {
  #n = 0
  readonly #stride: number

  constructor(stride: number) {
    this.#stride = stride
  }

  get next(): boolean {
    return this.#n++ % this.#stride === 0
  }
}

/** One fault at every call, and pairs of them; each request once, and each sent twice. */
export async function exploreFaults(played: Played, scenario: RegionsScenario, { faults, pairs }: Strides) {
  const { engine } = played
  const schedule = { scenario, engine }
  const calls = await play(played, schedule, 'no fault')
  await play(played, { ...schedule, twice: true }, 'each request twice')
  const [single, double] = [new Sampler(faults), new Sampler(pairs)]
  for (const [k, call] of calls.entries())
    for (const fault of faultsAt(call)) {
      for (const delay of fault === 'late' ? landings : [3])
        if (single.next)
          await play(
            played,
            { ...schedule, faults: new Map([[k, fault]]), delay, twice: k % 2 === 1 },
            `${fault} at ${k} (${call}), delay ${delay}`,
          )
      for (let l = k + 1; pairs !== Number.POSITIVE_INFINITY && l < calls.length + 30; l++)
        for (const other of faultsAt(calls[l] ?? ''))
          if (double.next)
            await play(
              played,
              {
                ...schedule,
                faults: new Map([
                  [k, fault],
                  [l, other],
                ]),
                delay: landings[l % landings.length]!,
              },
              `${fault} at ${k}, ${other} at ${l}`,
            )
    }
}

/** Trouble from every call on; and from a few calls on, with a crash at every call. */
export async function exploreTroubles(played: Played, scenario: RegionsScenario, strides: Strides): Promise<void> {
  const { engine } = played
  const calls = await play(played, { scenario, engine }, 'no fault')
  const [alone, crashing] = [new Sampler(strides.troubles), new Sampler(strides.crashesInTrouble)]
  for (const [name, disturbance] of Object.entries(disturbances)) {
    const schedule = { scenario, engine, disturbance }
    for (let from = 0; from < calls.length; from++) {
      if (alone.next) await play(played, { ...schedule, from }, `${name} from ${from}`)
      for (const ahead of [0, 15, 40])
        for (const fault of ['die-before', 'die-after', 'lost'] as const)
          if (from >= ahead && crashing.next)
            await play(
              played,
              { ...schedule, from: from - ahead, faults: new Map([[from, fault]]) },
              `${name} from ${from - ahead}, ${fault} at ${from} (${calls[from]})`,
            )
    }
  }
}

/** One process stands at every call while another does everything; or everything up to every call of its own. */
export async function exploreMeetings(played: Played, meeting: Meeting, strides: Strides): Promise<void> {
  const switching = new Sampler(strides.interleavings)
  for (let k = 0, more = true; more && !isDone(played); k += strides.meetings) {
    const met = await meet(meeting, played.engine, k)
    more = met.stood
    note(played.report, met, meeting.scenario.name, `asleep at ${k} (${met.at})`)
    for (let j = 0; more && j < met.others && !isDone(played); j++)
      if (switching.next) {
        const between = await meet(meeting, played.engine, k, j)
        note(
          played.report,
          between,
          meeting.scenario.name,
          `asleep at ${k} (${met.at}), the other at ${j} (${between.otherAt})`,
        )
      }
  }
}

export { emptyReport }
