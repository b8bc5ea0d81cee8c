/**
 * Two processes at once: one is held at one of its calls while the other does what it was asked to, whole or up to one of its own
 * calls; then the first goes on in a world that has changed, and its request is repeated.
 * @module
 */
import { Worker } from '../hub.ts'
import {
  askOnce,
  askUntilDone,
  finishRegions,
  playScript,
  type RegionsAction,
  type RegionsEngine,
  type RegionsEpisode,
  type RegionsOutcome,
  type RegionsScenario,
  regionsEpisode,
} from './episode.ts'
import type { MemberName } from './world.ts'

export interface Meeting {
  readonly scenario: RegionsScenario
  readonly sleeper: RegionsAction
  readonly meanwhile: readonly RegionsAction[]
  readonly afterwards: readonly RegionsAction[]
  /** Out of reach of others once the sleeper stands, until both have ended: as lost. */
  readonly lost?: MemberName
  /** The sleeper does not wake up. */
  readonly dies?: boolean
}

export interface Met extends RegionsOutcome {
  /** Whether the sleeper has made so many calls. */
  readonly stood: boolean
  readonly at: string
  /** How many calls the others have made, and at which they were held. */
  readonly others: number
  readonly otherAt: string
}

/** `j`: the others are held there until the sleeper is done. Absent: they do everything while it sleeps. */
export async function meet(meeting: Meeting, engine: RegionsEngine, k: number, j?: number): Promise<Met> {
  const { scenario, sleeper, afterwards, dies } = meeting
  const episode = regionsEpisode({ scenario, engine })
  await playScript(episode, scenario.script)
  const held = new Held(episode, meeting, k, j)
  episode.world.clock.advance(sleeper.after ?? 0)
  await askOnce(episode, sleeper, held.sleeper)
  await held.rest()
  if (held.stood && meeting.lost) episode.world.heal()
  if (!dies) await askUntilDone(episode, { ...sleeper, after: 0, mayRefuse: true })
  if (!held.stood) await playScript(episode, meeting.meanwhile)
  await playScript(episode, afterwards)
  const { stood, at, others, otherAt } = held
  return { ...(await finishRegions(episode)), stood, at, others, otherAt }
}

class Held {
  readonly sleeper = new Worker()
  stood = false
  at = ''
  others = 0
  otherAt = ''
  #calls = 0
  #over: Promise<void> | undefined
  readonly #awake = Promise.withResolvers<void>()
  /** The others have ended, or stand at their call. */
  readonly #enough = Promise.withResolvers<void>()

  constructor(episode: RegionsEpisode, meeting: Meeting, k: number, j: number | undefined) {
    this.sleeper.gate = async call => {
      if (this.#calls++ === k) {
        this.stood = true
        this.at = call
        if (meeting.lost) episode.world.apart.add(meeting.lost)
        this.#over = this.#meanwhile(episode, meeting, j)
        await this.#enough.promise
        if (meeting.dies) this.sleeper.die()
      } else if (this.stood) await this.#enough.promise
    }
  }

  async #meanwhile(episode: RegionsEpisode, { meanwhile }: Meeting, j: number | undefined): Promise<void> {
    await playScript(episode, meanwhile, () => {
      const worker = new Worker()
      worker.gate = async call => {
        const n = this.others++
        if (j === undefined || n < j) return
        if (n === j) this.otherAt = call
        this.#enough.resolve()
        await this.#awake.promise
      }
      return worker
    })
    this.#enough.resolve()
  }

  /** The sleeper is done: the others go on. */
  async rest(): Promise<void> {
    this.#awake.resolve()
    await this.#over
  }
}
