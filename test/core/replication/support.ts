/**
 * A secret with a leader and followers, all in memory, with the engine's real functions; and short names for what tests do and look at.
 */
import { RotationError } from '../../../core/errors.ts'
import type { SecretStore, VersionId } from '../../../core/ports/secret-store.ts'
import { drift } from '../../../core/replication/drift.ts'
import { type FailOverOptions, failOver } from '../../../core/replication/fail-over.ts'
import { replicate } from '../../../core/replication/replicate.ts'
import type { Member, Replication } from '../../../core/replication/replication.ts'
import { storeRegister } from '../../../core/replication/store-register.ts'
import { retire, revokeNow } from '../../../core/rotation/retire.ts'
import { rollback, rotate } from '../../../core/rotation/rotate.ts'
import type { RotationRequest, RotationSetup } from '../../../core/rotation/setup.ts'
import type { Credential } from '../../../core/secret/credential.ts'
import { MemoryStore } from '../../../core/testing/memory-store.ts'
import { ID, noteShape, World, type WorldOptions } from '../../../core/testing/simulation/world.ts'

export const DAY = 86_400_000
export const GRACE = 60_000
export const RUN_LIFE = 30_000

type Faulty = (port: SecretStore) => SecretStore

export interface RegionsOptions extends WorldOptions {
  /** Names of followers. Default: `us` and `ap`. */
  readonly followers?: readonly string[]
  readonly bestEffort?: readonly string[]
  readonly fields?: Readonly<Record<string, Record<string, string>>>
  readonly acceptGap?: readonly string[]
}

/** The world's own store is the member `eu`, which leads first. */
export class Regions extends World {
  readonly stores = new Map<string, MemoryStore>()
  readonly registerStore = new MemoryStore(this.clock)
  readonly register = storeRegister(async () => this.registerStore, 'test')
  readonly abort = new AbortController()
  readonly regions: RegionsOptions
  /** What stands between a run and a member's store. */
  readonly faults = new Map<string, Faulty>()

  constructor(options: RegionsOptions) {
    super(options)
    this.regions = options
    this.stores.set('eu', this.store as unknown as MemoryStore)
    for (const name of options.followers ?? ['us', 'ap']) this.stores.set(name, new MemoryStore(this.clock))
  }

  get members(): Member[] {
    return [...this.stores].map(([name, store]) => ({
      name,
      id: ID,
      required: !this.regions.bestEffort?.includes(name),
      timeout: 5_000,
      fields: this.regions.fields?.[name] ?? {},
      open: async () => this.reached(name, store),
    }))
  }

  reached(name: string, store: SecretStore): SecretStore {
    const faulty = this.faults.get(name)
    return faulty ? faulty(store) : store
  }

  as(self: string): RotationSetup {
    const replication: Replication = {
      secret: ID,
      self,
      members: this.members,
      register: this.register,
      acceptGap: this.regions.acceptGap ?? [],
    }
    return {
      secret: ID,
      id: ID,
      store: this.reached(self, this.stores.get(self)!),
      target: this.target,
      shape: noteShape,
      policy: this.policy,
      clock: this.clock,
      audit: { write: async event => void this.events.push(event) },
      generate: this.password,
      replication,
    }
  }

  replicate = (more?: Partial<RotationRequest>, self = 'eu') =>
    replicate(this.as(self), this.request({ type: 'manual', ...more }), this.abort.signal)
  rotate = (more?: Partial<RotationRequest>, self = 'eu') =>
    rotate(this.as(self), this.request(more), this.abort.signal)
  retire = (more?: Partial<RotationRequest>, self = 'eu') =>
    retire(this.as(self), this.request(more), this.abort.signal)
  rollback = (more?: Partial<RotationRequest>, self = 'eu') =>
    rollback(this.as(self), this.request(more), this.abort.signal)
  revokeNow = (more?: Partial<RotationRequest>, self = 'eu') =>
    revokeNow(this.as(self), this.request(more), this.abort.signal)
  drift = (self = 'eu') => drift(this.as(self), this.request(), this.abort.signal)
  failOver = (to: string, options?: FailOverOptions) =>
    failOver(this.as(to), this.request({ type: 'manual', reason: 'region lost' }), this.abort.signal, options)

  call(run: object = {}) {
    return { signal: this.abort.signal, deadline: Number.POSITIVE_INFINITY, run }
  }

  state(member: string) {
    return this.stores.get(member)!.describe(ID, this.call())
  }

  who() {
    return this.register.read(ID, this.call())
  }

  /** What consumers of a region read. */
  shown(member: string): Credential {
    return noteShape.read(this.stores.get(member)!.peek(ID).current)
  }

  works(member: string): boolean {
    return this.accepts(this.shown(member))
  }

  password_(member: string): string {
    return this.shown(member).password.reveal()
  }

  /** Somebody writes to a member's store. */
  edit(member: string, credential: Credential): VersionId {
    return this.stores.get(member)!.edit(ID, this.value(credential))
  }

  /** The region cannot be reached from now on. */
  cut(member: string): void {
    this.faults.set(member, store => unreachable(store))
  }

  /** These regions are lost in the moment of the leader's next promotion. */
  cutAtPromotion(...lost: readonly string[]): void {
    this.faults.set('eu', store => {
      const promote: SecretStore['promote'] = (...args) => {
        for (const name of lost) this.cut(name)
        return store.promote(...args)
      }
      return overridden(store, { promote })
    })
  }

  heal(member: string): void {
    this.faults.delete(member)
  }
}

export const overridden = <T extends object>(port: T, members: Partial<T>): T =>
  new Proxy(port, {
    get(inner, property) {
      if (property in members) return Reflect.get(members, property)
      const member = Reflect.get(inner, property, inner) as unknown
      return typeof member === 'function' ? member.bind(inner) : member
    },
  })

const unreachable = (store: SecretStore): SecretStore =>
  new Proxy(store, {
    get(inner, property) {
      const member = Reflect.get(inner, property, inner) as unknown
      if (typeof member !== 'function') return member
      return async () => {
        throw new RotationError('store-unavailable', 'Not reachable.')
      }
    },
  })
