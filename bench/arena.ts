/**
 * What the measurements of rotations share: a server as production runs it (durable), two strategies, a clock that skips.
 * @module
 */
import { retire } from '../core/rotation/retire.ts'
import { rotate } from '../core/rotation/rotate.ts'
import type { RotationRequest, RotationSetup } from '../core/rotation/setup.ts'
import type { Credential } from '../core/secret/credential.ts'
import { openPlayground, type Playground, storeCall } from '../demo/playground.ts'
import { DAY, SkippingClock, timing } from '../test/torture/ask.ts'

export const strategies = ['single-user', 'alternating-users'] as const
export type Strategy = (typeof strategies)[number]

/** The secret that the engine rotates, and the one whose logins the bare script uses. */
export const nameOf = (strategy: Strategy, who: 'engine' | 'replay'): string => `${who}_${strategy.slice(0, 6)}`

/** The stand switches durability off, which no database does whose passwords are rotated. */
export const durable = { fsync: 'on', synchronous_commit: 'on', full_page_writes: 'on' }

export class Arena {
  readonly playground: Playground
  readonly #clock: SkippingClock

  private constructor(playground: Playground, clock: SkippingClock) {
    this.playground = playground
    this.#clock = clock
  }

  static async open(conf: Readonly<Record<string, string>> = {}): Promise<Arena> {
    const clock = new SkippingClock()
    const names = strategies.flatMap(strategy => [
      { name: nameOf(strategy, 'engine'), strategy },
      { name: nameOf(strategy, 'replay'), strategy },
    ])
    const playground = await openPlayground(names, timing, { clock, conf: { ...durable, ...conf } })
    if (!playground) throw new Error('There is no PostgreSQL on this machine.')
    return new Arena(playground, clock)
  }

  setup(strategy: Strategy, who: 'engine' | 'replay' = 'engine'): Promise<RotationSetup> {
    return this.playground.workspace.setup(nameOf(strategy, who))
  }

  /** Lets the time pass that must pass, and retires what must be retired: after it, a rotation may begin. */
  async prepare(setup: RotationSetup): Promise<void> {
    this.#clock.offset += 2 * DAY
    if (setup.target.overlap === 'both-valid') await retire(setup, this.#request(), never)
  }

  async rotate(setup: RotationSetup): Promise<void> {
    const { outcome } = await rotate(setup, this.#request(), never)
    if (outcome !== 'rotated') throw new Error(`Expected a rotation, got ${outcome}.`)
  }

  async current({ store, id, shape }: Pick<RotationSetup, 'store' | 'id' | 'shape'>): Promise<Credential> {
    const state = await store.describe(id, storeCall(this.#clock))
    const version = await store.read(id, state!.current.version, storeCall(this.#clock))
    if (!version || version.value === 'disabled') throw new Error('There is no current version.')
    return shape.read(version.value)
  }

  call = () => storeCall(this.#clock)

  close(): Promise<void> {
    return this.playground.close()
  }

  #request(): RotationRequest {
    const actor = { user_id: 'bench', user_agent: 'lockstep/bench' }
    return { type: 'manual', actor, deadline: this.#clock.now() + 60_000, force: true }
  }
}

const never = new AbortController().signal
