/**
 * Time that passes when everybody waits for it, services that count their requests by it, and fleets of replicated secrets on them.
 */
import { loadConfig } from '../../../core/config/load.ts'
import type { Config, EpochsConfig, SecretConfig, StoreConfig } from '../../../core/config/types.ts'
import { RotationError } from '../../../core/errors.ts'
import type { Clock } from '../../../core/ports/clock.ts'
import type { Call, SecretStore } from '../../../core/ports/secret-store.ts'
import type { Limit } from '../../../core/replication/quota.ts'
import { replicate } from '../../../core/replication/replicate.ts'
import { storeRegister } from '../../../core/replication/store-register.ts'
import { wireReplication } from '../../../core/replication/wire.ts'
import type { RotationRequest, RotationSetup } from '../../../core/rotation/setup.ts'
import { SecretValue } from '../../../core/secret/secret-value.ts'
import { valueShape } from '../../../core/secret/shape.ts'
import { MemoryStore } from '../../../core/testing/memory-store.ts'
import { MemoryServer, MemoryTarget } from '../../../core/testing/memory-target.ts'
import { simulatedPolicy } from '../../../core/testing/simulation/world.ts'

export class PassingClock implements Clock {
  time = Date.UTC(2030, 0, 1)
  #sleepers: { readonly at: number; readonly wake: () => void }[] = []

  now(): number {
    return this.time
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted()
      const aborted = () => reject(signal.reason)
      signal.addEventListener('abort', aborted, { once: true })
      const wake = () => {
        signal.removeEventListener('abort', aborted)
        resolve()
      }
      this.#sleepers.push({ at: this.time + ms, wake })
    })
  }

  /**
   * `late`: how much later than it asked everybody wakes up. `turns`: of the event loop, before time passes; clients of clouds take
   * some between two requests.
   */
  async passing<T>(work: Promise<T>, late: () => number = () => 0, turns = 1): Promise<T> {
    let over = false
    const ended = () => {
      over = true
    }
    work.then(ended, ended)
    for (;;) {
      for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate)
      if (over) return work
      if (this.#sleepers.length === 0) continue
      const next = Math.min(...this.#sleepers.map(({ at }) => at))
      this.time = Math.max(this.time, next + late())
      const awake = this.#sleepers.filter(({ at }) => at <= this.time)
      this.#sleepers = this.#sleepers.filter(({ at }) => at > this.time)
      for (const { wake } of awake) wake()
    }
  }
}

/** The most requests in any window: each begins with one. */
export function mostIn(times: readonly number[], window: number): number {
  let [most, from] = [0, 0]
  for (const [n, time] of times.entries()) {
    while (times[from]! <= time - window) from++
    most = Math.max(most, n - from + 1)
  }
  return most
}

/** How much of the limit was used, from the first request to the last. */
export const usedOf = (times: readonly number[], { requests, per }: Limit): number =>
  (times.length * per) / ((times.at(-1)! - times[0]!) * requests)

/** By what the service counts: when each request was made. */
export type Requests = Map<string, number[]>

export const LATENCY_MS = 80

export interface FleetOptions {
  readonly secrets: number
  readonly stores: Readonly<Record<string, object>>
  readonly followers: readonly string[]
  readonly epochs: string
}

/** What each look costs at the service; what `quota.ts` says of it is not asked here. */
const asked: Readonly<Record<string, Readonly<Record<'describe' | 'read', Readonly<Record<string, number>>>>>> = {
  aws: { describe: { requests: 2 }, read: {} },
  gcp: { describe: { reads: 1 }, read: { accesses: 1 } },
  azure: { describe: { requests: 1 }, read: {} },
  local: { describe: {}, read: {} },
}

const placeOf = (store: StoreConfig): string => {
  if (store.kind === 'gcp') return store.project
  if (store.kind === 'azure') return store.vault
  return store.kind === 'aws' ? `${store.region}` : store.file
}

/** Another one of the kind; a file with thousands of secrets takes its time to be read. */
const named = (secret: SecretConfig, name: string): SecretConfig => ({
  ...secret,
  ...{ name, id: name },
  followers: secret.followers.map(follower => ({ ...follower, id: `${name}-${follower.name}` })),
})

const never = new AbortController().signal

export class CountedFleet {
  readonly clock = new PassingClock()
  readonly requests: Requests = new Map()
  readonly config: Config
  readonly stores: ReadonlyMap<string, MemoryStore>
  /** Calls under way now, and the most there were. */
  underWay = 0
  most = 0
  readonly #server = new MemoryServer(this.clock)

  constructor({ secrets, stores, followers, epochs }: FleetOptions) {
    const target = { kind: 'postgres', endpoints: [{ host: '127.0.0.1', database: 'app' }] }
    const copies = followers.map((store, n) => ({ store, name: `f${n}`, id: `of-f${n}` }))
    const one = { strategy: 'single-user', target, store: 'eu', interval: 'never', grace: '2h', followers: copies }
    const whole = {
      ...{ version: 1, stores, epochs: { store: epochs }, audit: [{ kind: 'stderr' }] },
      secrets: { one: { ...one, acceptGap: copies.map(({ name }) => name) } },
    }
    this.config = loadConfig(JSON.stringify(whole), { fileName: 'lockstep.yml' })
    const [first] = this.config.secrets.values()
    const names = Array.from({ length: secrets }, (_, n) => `secret-${n}`)
    this.config = { ...this.config, secrets: new Map(names.map(name => [name, named(first!, name)])) }
    this.stores = new Map(Object.keys(stores).map(name => [name, new MemoryStore(this.clock)]))
  }

  /** Every secret in every store, without a count and without time. */
  async fill(): Promise<void> {
    for (const { name, store, id } of this.config.secrets.values()) {
      const password = `of ${name}`
      this.#server.setPassword(name, SecretValue.of(password))
      const value = SecretValue.of(JSON.stringify({ username: name, password }))
      await this.stores.get(store)!.put(id, value, this.call())
      await replicate(await this.open(name, false), this.request(), never)
    }
  }

  call = (): Call => ({ signal: never, deadline: this.clock.time + 60_000, run: {} })

  request = (): RotationRequest => ({
    type: 'manual',
    actor: { user_id: 'test', user_agent: 'test' },
    deadline: this.clock.time + 60_000,
  })

  open = async (name: string, counted = true): Promise<RotationSetup> => {
    const secret = this.config.secrets.get(name)!
    const store = async (name: string) => (counted ? this.#counted(name) : this.stores.get(name)!)
    const register = (epochs: EpochsConfig) => storeRegister(() => store('store' in epochs ? epochs.store : ''), 'test')
    const openers = { store, replication: { register } }
    const { replication, place } = (await wireReplication(this.config, secret, openers, this.clock))!
    return {
      ...{ secret: name, id: place.id, store: await store(place.store), replication, clock: this.clock },
      target: new MemoryTarget({ server: this.#server, strategy: 'single-user', users: [name] }),
      shape: valueShape(secret.value, secret.user),
      policy: simulatedPolicy,
      audit: { write: async () => {} },
      generate: () => SecretValue.of('never'),
    }
  }

  /** Counted when it is sent, answered a moment later; refused when its time is over. */
  #counted(name: string): MemoryStore {
    const store = this.stores.get(name)!
    const { kind } = this.config.stores.get(name)!
    const place = placeOf(this.config.stores.get(name)!)
    const counted = async <T>(op: 'describe' | 'read', deadline: number, answer: () => Promise<T>): Promise<T> => {
      if (this.clock.time > deadline) throw new RotationError('store-unavailable', 'Too late.')
      for (const [what, count] of Object.entries(asked[kind]![op])) this.#log(`${place} ${what}`, count)
      this.most = Math.max(this.most, ++this.underWay)
      await this.clock.sleep(LATENCY_MS, never)
      this.underWay--
      return answer()
    }
    const port: Pick<SecretStore, 'describe' | 'read'> = {
      describe: (id, call) => counted('describe', call.deadline, () => store.describe(id, call)),
      read: (id, which, call) => counted('read', call.deadline, () => store.read(id, which, call)),
    }
    return new Proxy(store, {
      get(inner, property) {
        if (property in port) return Reflect.get(port, property)
        const member = Reflect.get(inner, property, inner) as unknown
        return typeof member === 'function' ? member.bind(inner) : member
      },
    })
  }

  #log(what: string, count: number): void {
    const times = this.requests.get(what) ?? []
    for (let n = 0; n < count; n++) times.push(this.clock.time)
    this.requests.set(what, times)
  }
}
