/**
 * A secret with a leader and three followers, each in a store of its own, and the register of who leads in a fifth.
 * @module
 */
import type { AuditEvent } from '../../../audit/event.ts'
import type { LeaderRecord } from '../../../ports/leader-register.ts'
import type { Member, Replication } from '../../../replication/replication.ts'
import { registerId, storeRegister } from '../../../replication/store-register.ts'
import type { RotationSetup } from '../../../rotation/setup.ts'
import { MemoryStore } from '../../memory-store.ts'
import type { Hub, Worker } from '../hub.ts'
import { ID, type SimulatedStrategy, World } from '../world.ts'
import { Promises } from './promises.ts'
import { type Place, type Trouble, wired } from './wire.ts'

/** The one that leads first, two that are waited for, of which the second has a store that fences nothing, and one that is not. */
export const members = ['eu', 'us', 'ap', 'il'] as const
export type MemberName = (typeof members)[number]
export const required: readonly MemberName[] = ['eu', 'us', 'ap']
export const REGISTER = 'register'

export interface RegionsOptions {
  readonly strategy: SimulatedStrategy
  /** By how much a member's clock is wrong. */
  readonly skew?: Partial<Record<MemberName, number>>
}

/** Of one visit, in real time too: longer than any schedule takes. */
const PATIENCE = 10_000
const DEPLOYMENT = 'simulation'

export class RegionsWorld extends World {
  readonly places: ReadonlyMap<string, Place>
  readonly promises: Promises
  readonly troubles = new Map<string, Trouble>()
  /** What puts a member's store back to its last backup. */
  readonly backups = new Map<string, () => void>()
  /** Members on one side of a partition; the register is on the other. */
  readonly apart = new Set<string>()

  constructor({ strategy, skew = {} }: RegionsOptions) {
    super({ strategy })
    const clock = (name: MemberName) => ({ now: () => this.clock.now() + (skew[name] ?? 0), sleep: this.clock.sleep })
    const made = (name: MemberName) =>
      name === 'eu' ? (this.store as unknown as MemoryStore) : new MemoryStore(clock(name), publishOf(name))
    const place = (name: string, store: MemoryStore): Place => ({ name, store, before: undefined, calls: 0 })
    this.places = new Map([
      ...members.map(name => [name, place(name, made(name))] as const),
      [REGISTER, place(REGISTER, new MemoryStore(this.clock))],
    ])
    this.promises = new Promises(this)
  }

  storeOf(place: string): MemoryStore {
    return this.places.get(place)!.store
  }

  /** As one process has it that acts for a member. */
  setupFor(self: MemberName, hub: Hub, worker: Worker): RotationSetup {
    const open = (name: string) =>
      wired(this.places.get(name)!, { hub, worker, trouble: to => this.#troubleBetween(self, to) })
    const replication: Replication = {
      secret: ID,
      self,
      members: members.map(
        (name): Member => ({
          name,
          id: ID,
          required: required.includes(name),
          timeout: PATIENCE,
          fields: {},
          open: async () => open(name),
        }),
      ),
      register: storeRegister(async () => open(REGISTER), DEPLOYMENT),
      acceptGap: members,
    }
    return { ...this.setup(hub, worker), store: open(self), replication }
  }

  #troubleBetween(self: string, to: string): Trouble | undefined {
    return this.apart.has(self) === this.apart.has(to) ? this.troubles.get(to) : 'down'
  }

  heal(): void {
    this.troubles.clear()
    this.apart.clear()
  }

  /** What the register holds, whatever faults say. */
  recordText(): string | undefined {
    try {
      return this.storeOf(REGISTER).peek(registerId(DEPLOYMENT, ID)).current.reveal()
    } catch {
      return undefined
    }
  }

  get lead(): LeaderRecord | undefined {
    return this.promises.lead
  }

  get leader(): MemberName {
    return (this.lead?.leader ?? 'eu') as MemberName
  }

  override get record(): AuditEvent[] {
    return [...this.events, ...[...this.places.values()].flatMap(({ store }) => store.events)]
  }

  override observe(call: string): void {
    this.promises.observe(call)
  }

  override rest(): void {
    this.promises.rest()
  }
}

const publishOf = (name: MemberName): 'fenced' | 'reported' => (name === 'ap' ? 'reported' : 'fenced')
