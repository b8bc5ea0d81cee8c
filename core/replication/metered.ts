/**
 * Looks at many secrets within the quotas of their stores: each request waits for its turn, and no secret is begun before its requests
 * would get theirs soon. So the quota bounds how many are under way, and no time-out runs out while a request waits.
 * @module
 */
import type { Config, SecretConfig } from '../config/types.ts'
import type { Clock, Duration } from '../ports/clock.ts'
import type { LeaderRegister } from '../ports/leader-register.ts'
import type { SecretStore } from '../ports/secret-store.ts'
import type { RotationSetup } from '../rotation/setup.ts'
import { type Cost, costsOf, TokenBucket } from './quota.ts'
import type { Member } from './replication.ts'
import { Room } from './room.ts'
import { placesOf } from './wire.ts'

/** How long what is under way takes a quota to serve, at most. */
const HORIZON: Duration = 2_000
/** Looks at the register: who leads, for the wiring, and once more for the comparison. */
const REGISTER_LOOKS = 2

interface Meter {
  readonly bucket: TokenBucket
  readonly room: Room
}

export class Quotas {
  readonly #config: Pick<Config, 'stores' | 'epochs'>
  readonly #clock: Clock
  readonly #share: number | undefined
  readonly #meters = new Map<string, Meter>()

  /** `share`: of each quota. Default: all of it. */
  constructor(config: Pick<Config, 'stores' | 'epochs'>, clock: Clock, share?: number) {
    this.#config = config
    this.#clock = clock
    this.#share = share
  }

  /** Begins when there is room at every store of the secret, and ends with the work. */
  async within<T>(secret: SecretConfig, work: () => Promise<T>): Promise<T> {
    const wanted = this.#requestsOf(secret)
    const entered: (() => void)[] = []
    try {
      // in one order, so that no two wait for each other
      for (const [place, { cost, requests }] of [...wanted].sort(([one], [other]) => (one < other ? -1 : 1)))
        entered.push(await this.#meter({ ...cost, place }).room.enter(requests))
      return await work()
    } finally {
      for (const leave of entered) leave()
    }
  }

  /** Before somebody looks at the register to know whom to act for. */
  async opening(signal: AbortSignal): Promise<void> {
    await this.#take(this.#registerStore, signal)
  }

  /** The same setup, each look of which waits for its turn. */
  metered(setup: RotationSetup, secret: SecretConfig): RotationSetup {
    const { replication } = setup
    if (!replication) return setup
    const places = placesOf(secret)
    const storeOf = (member: string): string | undefined => places.get(member)?.store
    return {
      ...setup,
      store: this.#store(setup.store, storeOf(replication.self)),
      replication: {
        ...replication,
        register: this.#register(replication.register),
        members: replication.members.map(member => this.#member(member, storeOf(member.name))),
      },
    }
  }

  #store<Store extends SecretStore>(store: Store, name: string | undefined): Store {
    return replaced(store, {
      describe: async (id, call) => {
        await this.#take(name, call.signal)
        return store.describe(id, call)
      },
    } as Partial<Store>)
  }

  #register(register: LeaderRegister): LeaderRegister {
    return replaced(register, {
      read: async (secret, call) => {
        await this.#take(this.#registerStore, call.signal)
        return register.read(secret, call)
      },
    })
  }

  #member(member: Member, store: string | undefined): Member {
    const { native, open, timeout } = member
    return {
      ...member,
      timeout: timeout + 2 * HORIZON,
      open: async () => this.#store(await open(), store),
      ...(native && {
        native: async () => {
          const replica = await native()
          return replaced(replica, {
            look: async (id, call) => {
              await this.#take(store, call.signal)
              return replica.look(id, call)
            },
          })
        },
      }),
    }
  }

  async #take(store: string | undefined, signal: AbortSignal): Promise<void> {
    for (const cost of this.#costsOf(store)) await this.#meter(cost).bucket.take(cost.requests, signal)
  }

  get #registerStore(): string | undefined {
    const { epochs } = this.#config
    return epochs && 'store' in epochs ? epochs.store : undefined
  }

  #costsOf(store: string | undefined): readonly Cost[] {
    const config = store === undefined ? undefined : this.#config.stores.get(store)
    return config ? costsOf(config) : []
  }

  /** By place: what one comparison asks there. */
  #requestsOf(secret: SecretConfig): ReadonlyMap<string, { readonly cost: Cost; readonly requests: number }> {
    const looks = [...placesOf(secret).values()].map(({ store }) => store as string | undefined)
    looks.push(...Array.from({ length: REGISTER_LOOKS }, () => this.#registerStore))
    const wanted = new Map<string, { cost: Cost; requests: number }>()
    for (const cost of looks.flatMap(store => this.#costsOf(store)))
      wanted.set(cost.place, { cost, requests: (wanted.get(cost.place)?.requests ?? 0) + cost.requests })
    return wanted
  }

  #meter({ place, limit }: Cost): Meter {
    const known = this.#meters.get(place)
    if (known) return known
    const bucket = new TokenBucket(limit, this.#clock, this.#share)
    const meter = { bucket, room: new Room(Math.max(1, Math.floor(bucket.rate * HORIZON))) }
    this.#meters.set(place, meter)
    return meter
  }
}

const replaced = <T extends object>(port: T, members: Partial<T>): T =>
  new Proxy(port, {
    get(inner, property) {
      if (property in members) return Reflect.get(members, property)
      const member = Reflect.get(inner, property, inner) as unknown
      return typeof member === 'function' ? member.bind(inner) : member
    },
  })
