/**
 * One lane: a server, a store, a few secrets; kill after kill. Two lanes run side by side.
 * @module
 */
import path from 'node:path'
import { isRotationError } from '../../core/errors.ts'
import { isRollback } from '../../core/rotation/ids.ts'
import type { RotationResult, RotationSetup } from '../../core/rotation/setup.ts'
import { type Ask, DAY, type Operation, perform, SkippingClock, tortureSetup } from './ask.ts'
import { type Ground, type GroundEngine, openGround } from './grounds/ground.ts'
import { observe, type Seen } from './observe.ts'
import { afterKill, afterRerun, type Breach, isDone, type Moment, type Trial } from './promises.ts'
import { pick, type Random } from './random.ts'
import { bundleWorker, Victims } from './victims.ts'

/** One operation, the kills on the way, and the rerun. */
export interface Episode {
  readonly secret: string
  readonly operation: Operation
  readonly kills: readonly { readonly afterMs: number; readonly moment: Moment }[]
  readonly reruns: number
  readonly breaches: readonly Breach[]
}

const RERUNS = 4
/** How often the rerun is killed too, and the one after it. */
const AGAIN = 0.2

export class Lane {
  readonly #ground: Ground
  readonly #clock: SkippingClock
  readonly #random: Random
  readonly #victims: Victims
  readonly #setups: RotationSetup[]
  /** Up to when the runs of one kind are killed: follows how long they take. */
  readonly #ceilings = new Map<string, number>()

  private constructor(ground: Ground, clock: SkippingClock, random: Random, setups: RotationSetup[]) {
    this.#ground = ground
    this.#clock = clock
    this.#random = random
    this.#setups = setups
    const { configFile } = ground
    this.#victims = new Victims(bundleWorker(path.dirname(configFile)), configFile)
  }

  /** Undefined: no server on this machine. */
  static async open(engine: GroundEngine, random: Random): Promise<Lane | undefined> {
    const clock = new SkippingClock()
    const ground = await openGround(engine, clock)
    if (!ground) return undefined
    const setups = await Promise.all(ground.secrets.map(name => tortureSetup(ground.workspace, name)))
    return new Lane(ground, clock, random, setups)
  }

  /** A secret whose promises were broken is left alone afterwards: what follows would only repeat it. */
  async episode(): Promise<Episode> {
    const setup = pick(this.#random, this.#setups)
    const before = await this.#readyFor(setup)
    const operation = this.#choose(setup, before)
    this.#clock.offset += operation === 'scheduled' ? 32 * DAY : operation === 'rollback' ? 0 : 2 * DAY
    const ask: Ask = { operation, version: before.state.current.version }
    const trial: Trial = { ground: this.#ground, setup, operation, before }

    const kills: { afterMs: number; moment: Moment }[] = []
    const breaches: Breach[] = []
    const seen: Seen[] = []
    do {
      const afterMs = await this.#killDuring(setup, ask)
      const killed = await observe(setup)
      const found = await afterKill(trial, killed)
      kills.push({ afterMs, moment: found.moment })
      breaches.push(...found.breaches)
      seen.push(killed)
    } while (this.#random() < AGAIN)
    const { reruns, errors } = await this.#rerun(trial, ask)
    breaches.push(...(await afterRerun(trial, seen, await observe(setup))))
    if (breaches.length > 0) this.#setups.splice(this.#setups.indexOf(setup), 1)
    const explained = breaches.map(({ promise, words }) => ({ promise, words: [words, ...errors].join('; ') }))
    return { secret: setup.secret, operation, kills, reruns, breaches: explained }
  }

  /** Whether there is a secret left whose promises hold. */
  get usable(): boolean {
    return this.#setups.length > 0
  }

  async close(): Promise<void> {
    await this.#victims.stop()
    await this.#ground.close()
  }

  /** Where two are valid a retirement must come between rotations; most of them need not be killed. */
  async #readyFor(setup: RotationSetup): Promise<Seen> {
    const seen = await observe(setup)
    if (setup.target.overlap === 'gap' || !seen.previous || this.#random() < 0.4) return seen
    this.#clock.offset += 2 * DAY
    await perform(setup, { operation: 'retire', version: seen.state.current.version }).catch(error => {
      if (!isRotationError(error)) throw error // what was refused here, the trial that follows will show
    })
    return observe(setup)
  }

  #choose({ target }: RotationSetup, { state }: Seen): Operation {
    const rotations: Operation[] = ['scheduled', 'forced', 'event']
    const backwards: Operation[] = isRollback(state.current.rotation) ? ['retire'] : ['retire', 'rollback']
    if (!state.previous) return pick(this.#random, [...rotations, ...rotations, 'revoke-now'])
    if (target.overlap === 'both-valid') return pick(this.#random, [...backwards, ...backwards, 'revoke-now'])
    return pick(this.#random, [...rotations, ...backwards, 'revoke-now'])
  }

  async #killDuring(setup: RotationSetup, ask: Ask): Promise<number> {
    const kind = `${setup.target.strategy} ${ask.operation}`
    const ceiling = this.#ceilings.get(kind) ?? this.#ground.firstCeiling
    const afterMs = this.#random() * ceiling
    const { done } = await this.#victims.killAfter({ secret: setup.secret, ask, offset: this.#clock.offset }, afterMs)
    // settles where about one run in five is done before it is killed, so that every moment of a run has its kills
    this.#ceilings.set(kind, ceiling * (done ? 0.9 : 1.03))
    return Math.round(afterMs * 10) / 10
  }

  /** The same request again, until it is done; a dead worker's claim is waited for, by putting the clock forward. */
  async #rerun(trial: Trial, ask: Ask): Promise<{ readonly reruns: number; readonly errors: readonly string[] }> {
    const { setup } = trial
    const errors: string[] = []
    for (let reruns = 1; ; reruns++) {
      try {
        this.#waitFor(setup, await perform(setup, ask))
      } catch (error) {
        if (!isRotationError(error)) throw error
        errors.push(`${error.code}: ${error.message}`)
      }
      if (reruns === RERUNS || isDone(trial, await observe(setup))) return { reruns, errors }
    }
  }

  #waitFor({ policy }: RotationSetup, results: readonly RotationResult[]): void {
    const now = this.#clock.now()
    for (const result of results)
      if (result.outcome === 'waiting' && result.until !== undefined && result.until - now <= policy.runLife)
        this.#clock.offset += Math.max(0, result.until - now)
  }
}
