/**
 * A secret with a leader and followers in stores of several kinds, reached over the wire; the target is in memory, and all of it goes by
 * one clock that a test moves. Members are called `one` (leads first), `two`, `three`.
 */
import { onTestFinished } from 'vitest'
import { RotationError } from '../../core/errors.ts'
import type { LeaderRegister } from '../../core/ports/leader-register.ts'
import type { SecretStore } from '../../core/ports/secret-store.ts'
import { drift } from '../../core/replication/drift.ts'
import { type FailOverOptions, failOver } from '../../core/replication/fail-over.ts'
import { replicate } from '../../core/replication/replicate.ts'
import type { Member } from '../../core/replication/replication.ts'
import { storeRegister } from '../../core/replication/store-register.ts'
import { retire } from '../../core/rotation/retire.ts'
import { rotate } from '../../core/rotation/rotate.ts'
import type { RotationRequest, RotationSetup } from '../../core/rotation/setup.ts'
import type { Credential } from '../../core/secret/credential.ts'
import { SecretValue } from '../../core/secret/secret-value.ts'
import { MemoryStore } from '../../core/testing/memory-store.ts'
import { ID, noteShape, World, type WorldOptions } from '../../core/testing/simulation/world.ts'
import { overridden } from '../core/replication/support.ts'
import { type Kind, type Site, Sites } from './sites.ts'

export const DAY = 86_400_000
/** Sockets of a busy machine; what hangs is the test's own limit. */
const PATIENCE = 30_000

type Faulty = (store: SecretStore) => SecretStore

export interface WiredOptions extends Partial<WorldOptions> {
  readonly bestEffort?: readonly string[]
  readonly fields?: Readonly<Record<string, Record<string, string>>>
  readonly acceptGap?: readonly string[]
}

export class Wired extends World {
  readonly sites = new Map<string, Site>()
  readonly clouds = new Sites(this.clock)
  register: LeaderRegister = this.newRegister()
  /** What stands between a run and a member's store. */
  readonly faults = new Map<string, Faulty>()
  readonly signal = new AbortController().signal
  readonly wired: WiredOptions

  private constructor(options: WiredOptions) {
    super({ strategy: 'alternating-users', ...options })
    this.wired = options
  }

  /** The leader has its value; nobody follows yet. */
  static async of(kinds: readonly Kind[], options: WiredOptions = {}): Promise<Wired> {
    const world = new Wired(options)
    onTestFinished(() => world.clouds.close())
    for (const [nth, kind] of kinds.entries()) {
      const name = ['one', 'two', 'three'][nth]!
      world.sites.set(name, await world.clouds.make(kind, name, nth))
    }
    await world.site('one').store.put!(ID, world.value(world.current), world.call())
    return world
  }

  /** A register that has not heard of anything. */
  newRegister(): LeaderRegister {
    const store = new MemoryStore(this.clock)
    return storeRegister(async () => store, 'test')
  }

  site(member: string): Site {
    return this.sites.get(member)!
  }

  reached(member: string): SecretStore {
    const { store } = this.site(member)
    return this.faults.get(member)?.(store) ?? store
  }

  get members(): Member[] {
    return [...this.sites.keys()].map(name => ({
      name,
      id: ID,
      required: !this.wired.bestEffort?.includes(name),
      timeout: PATIENCE,
      fields: this.wired.fields?.[name] ?? {},
      open: async () => this.reached(name),
    }))
  }

  as(self: string): RotationSetup {
    const { members, register, target, policy, clock } = this
    return {
      ...{ secret: ID, id: ID, store: this.reached(self), shape: noteShape, target, policy, clock },
      audit: { write: async event => void this.events.push(event) },
      generate: this.password,
      replication: { secret: ID, self, members, register, acceptGap: this.wired.acceptGap ?? [] },
    }
  }

  replicate = (more?: Partial<RotationRequest>, self = 'one') =>
    replicate(this.as(self), this.request({ type: 'manual', ...more }), this.signal)
  rotate = (more?: Partial<RotationRequest>, self = 'one') => rotate(this.as(self), this.request(more), this.signal)
  retire = (more?: Partial<RotationRequest>, self = 'one') => retire(this.as(self), this.request(more), this.signal)
  drift = (self = 'one') => drift(this.as(self), this.request(), this.signal)
  failOver = (to: string, options?: FailOverOptions) =>
    failOver(this.as(to), this.request({ type: 'manual', reason: 'region lost' }), this.signal, options)

  call() {
    return { signal: this.signal, deadline: this.clock.now() + DAY, run: {} }
  }

  state(member: string) {
    return this.site(member).store.describe(ID, this.call())
  }

  /** What consumers of a member read. */
  async shown(member: string): Promise<Credential> {
    return noteShape.read(SecretValue.of(await this.site(member).shown()))
  }

  async noteOf(member: string): Promise<string> {
    return (JSON.parse(await this.site(member).shown()) as { note: string }).note
  }

  /** The members whose consumers cannot log in. */
  async cutOff(): Promise<readonly string[]> {
    const names = [...this.sites.keys()]
    const works = await Promise.all(names.map(async name => this.accepts(await this.shown(name))))
    return names.filter((_, n) => !works[n])
  }

  /** Nothing of a member can be reached from now on. */
  cut(member: string): void {
    this.faults.set(member, unreachable)
  }

  heal(member: string): void {
    this.faults.delete(member)
  }

  /** These are lost in the moment of the leader's next promotion. */
  cutAtPromotion(...lost: readonly string[]): void {
    this.faults.set('one', store => {
      const promote: SecretStore['promote'] = (...args) => {
        for (const name of lost) this.cut(name)
        this.heal('one')
        return store.promote(...args)
      }
      return overridden(store, { promote })
    })
  }
}

const unreachable: Faulty = store =>
  new Proxy(store, {
    get(inner, property) {
      const member = Reflect.get(inner, property, inner) as unknown
      if (typeof member !== 'function') return member
      return async () => {
        throw new RotationError('store-unavailable', 'Not reachable.')
      }
    },
  })
