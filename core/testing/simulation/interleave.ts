/**
 * Two processes at once: every interleaving of their port calls up to a bound of preemptions, and a process that sleeps at a
 * call while another one does everything.
 * @module
 */
import { type Episode, emptyEpisode, finishEpisode, untilDone } from './episode.ts'
import { isBroken, type Report, reportOutcome } from './explore.ts'
import { Worker } from './hub.ts'
import type { Action, Engine, Scenario } from './scenarios.ts'

/** What two processes are asked to do at the same moment, after `scenario.script`. */
export interface Pair {
  readonly scenario: Scenario
  readonly workers: readonly [Action, Action]
  /** What must still be possible afterwards. */
  readonly afterwards?: readonly Action[]
}

/** Plays all interleavings of at most `preemptions` switches that nobody asked for. */
export async function interleave(pair: Pair, engine: Engine, report: Report, preemptions: number): Promise<void> {
  const open: number[][] = [[]]
  for (let prefix = open.pop(); prefix; prefix = open.pop()) {
    const choices = await playInterleaving(pair, engine, report, prefix)
    for (let i = prefix.length; i < choices.length; i++)
      for (const other of choices[i]!.enabled) {
        if (other === choices[i]!.chosen) continue
        const next = [...choices.slice(0, i).map(c => c.chosen), other]
        if (countPreemptions(choices, next) <= preemptions) open.push(next)
      }
  }
}

interface Choice {
  readonly enabled: readonly number[]
  readonly chosen: number
}

/** A switch away from a process that could have gone on. */
const countPreemptions = (choices: readonly Choice[], taken: readonly number[]): number =>
  taken.filter((chosen, i) => i > 0 && chosen !== taken[i - 1] && choices[i]!.enabled.includes(taken[i - 1]!)).length

async function playInterleaving(
  pair: Pair,
  engine: Engine,
  report: Report,
  prefix: readonly number[],
): Promise<Choice[]> {
  const episode = emptyEpisode({ scenario: pair.scenario, engine, faults: new Map() })
  for (const action of pair.scenario.script) await untilDone(episode, action)
  const lanes = pair.workers.map(action => new Lane(episode, action))
  const choices: Choice[] = []
  for (;;) {
    await Promise.all(lanes.map(lane => lane.settled))
    const enabled = lanes.flatMap((lane, i) => (lane.finished ? [] : [i]))
    if (enabled.length === 0) break
    const last = choices.at(-1)?.chosen
    const fallback = last !== undefined && enabled.includes(last) ? last : enabled[0]!
    const chosen = prefix[choices.length] ?? fallback
    choices.push({ enabled, chosen })
    lanes[chosen]!.step()
  }
  for (const action of [...pair.workers, ...(pair.afterwards ?? [])]) await untilDone(episode, action)
  reportOutcome(
    report,
    await finishEpisode(episode),
    pair.scenario.name,
    `interleaving ${choices.map(c => c.chosen).join('')}`,
  )
  return choices
}

/** One process, held at each of its calls until it is let go on. */
class Lane {
  finished = false
  /** Resolves when the process stands at a call or has ended. */
  settled!: Promise<void>
  #arrive!: () => void
  /** Calls that stand; a process may make several at once. */
  readonly #standing: (() => void)[] = []

  constructor(episode: Episode, action: Action) {
    this.#running()
    const spawn = () => {
      const worker = new Worker()
      worker.gate = () =>
        new Promise<void>(resolve => {
          this.#standing.push(resolve)
          this.#arrive()
        })
      return worker
    }
    const run: Promise<unknown> = action.perform?.(episode, spawn) ?? asked(episode, action, spawn())
    run
      .catch(() => undefined)
      .finally(() => {
        this.finished = true
        this.#arrive()
      })
  }

  step(): void {
    this.#running()
    this.#standing.shift()?.()
    if (this.#standing.length > 0) setImmediate(() => this.#arrive())
  }

  #running(): void {
    this.settled = new Promise(resolve => {
      this.#arrive = resolve
    })
  }
}

const asked = ({ world, hub, schedule }: Episode, action: Action, worker: Worker): Promise<unknown> =>
  schedule.engine[action.ask](world.setup(hub, worker), world.request(action.request), new AbortController().signal)

/** What happens while a process sleeps at one of its calls. */
export interface Sleep {
  readonly scenario: Scenario
  readonly sleeper: Action
  readonly meanwhile: readonly Action[]
}

/** The process sleeps at each of its calls in turn, awakes into the changed world, and its request is repeated until done. */
export async function sleep(sleep: Sleep, engine: Engine, report: Report, first = false): Promise<void> {
  for (let k = 0, asleep = true; asleep && !(first && report.findings.some(isBroken)); k++) {
    const episode = emptyEpisode({ scenario: sleep.scenario, engine, faults: new Map() })
    for (const action of sleep.scenario.script) await untilDone(episode, action)
    let calls = 0
    asleep = false
    const spawn = () => {
      const worker = new Worker()
      worker.gate = async () => {
        if (calls++ !== k) return
        asleep = true
        for (const action of sleep.meanwhile) await untilDone(episode, action)
      }
      return worker
    }
    const { sleeper } = sleep
    const run: Promise<unknown> = sleeper.perform?.(episode, spawn) ?? asked(episode, sleeper, spawn())
    await run.catch(() => undefined)
    if (asleep) await untilDone(episode, sleep.sleeper)
    reportOutcome(report, await finishEpisode(episode), sleep.scenario.name, `asleep at call ${k}`)
  }
}
