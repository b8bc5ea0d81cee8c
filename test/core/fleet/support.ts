/** A fleet in memory: one store and one server, a clock that moves when told to, and every call to the store counted. */
import type { AuditEvent } from '../../../core/audit/event.ts'
import { loadConfig } from '../../../core/config/load.ts'
import type { Config, SecretConfig } from '../../../core/config/types.ts'
import type { Fleet, FleetStore } from '../../../core/fleet/fleet.ts'
import { sweep } from '../../../core/fleet/sweep.ts'
import { wire } from '../../../core/fleet/wire.ts'
import type { RotationId, SecretState, SecretSummary } from '../../../core/ports/secret-store.ts'
import type { WorkItem, WorkQueue } from '../../../core/ports/work-queue.ts'
import type { RotationRequest } from '../../../core/rotation/setup.ts'
import { SecretValue } from '../../../core/secret/secret-value.ts'
import { MemoryStore } from '../../../core/testing/memory-store.ts'
import { MemoryServer, MemoryTarget } from '../../../core/testing/memory-target.ts'

export const MINUTE = 60_000
export const DAY = 1440 * MINUTE

class ManualClock {
  time = Date.UTC(2030, 0, 1)
  now = (): number => this.time
  sleep = async (ms: number): Promise<void> => {
    this.time += ms
  }
}

export interface Member {
  readonly strategy?: 'single-user' | 'alternating-users'
  /** Lines of `lockstep.yml`. */
  readonly more?: string
}

const BASE = `version: 1
stores: { m: { kind: local, file: m.db, key: { env: KEY } } }
defaults: { interval: 30d, grace: 1h, runLife: 1m }
secrets:
`

/** Members by name, each in the store with a value that logs in. */
export class MemoryFleet implements Fleet {
  readonly clock = new ManualClock()
  readonly memory = new MemoryStore(this.clock)
  readonly server = new MemoryServer(this.clock)
  readonly config: Config
  readonly calls: { op: string; id: string | undefined }[] = []
  readonly queued: WorkItem[] = []
  /** Thrown by the store, before it does anything: by operation and secret. */
  refuse: (op: string, id: string | undefined) => Error | undefined = () => undefined
  /** How long a call takes. */
  latency = 0
  /** What the listing shows, where it is not what the store holds. */
  shows: (hint: SecretSummary) => SecretSummary = hint => hint
  /** Whether the store writes a change and its record in one; else the record follows it. */
  records = true
  /** Thrown instead of a record, where it follows the change. */
  refuseRecord: () => Error | undefined = () => undefined
  facts: FleetStore['facts'] | undefined
  startRotation: FleetStore['startRotation'] | undefined
  readonly #store: FleetStore
  #passwords = 0

  constructor(members: Readonly<Record<string, Member>>) {
    this.config = loadConfig(BASE + Object.entries(members).map(line).join(''), { fileName: 'lockstep.yml' })
    for (const { id, strategy } of this.config.secrets.values()) {
      const username = strategy === 'single-user' ? id : `${id}_a`
      this.memory.seed(id, credentialValue(username, 'first'))
      this.server.setPassword(username, SecretValue.of('first'))
    }
    this.#store = this.#counting()
  }

  store = async (): Promise<FleetStore> => this.#store

  register = (): never => {
    throw new Error('nobody has followers here')
  }

  setup = (name: string) =>
    wire(
      this.config,
      name,
      {
        store: this.store,
        target: async secret => this.target(secret),
        audit: () => ({ write: event => this.#record(event) }),
      },
      this.clock,
    ).then(setup => ({ ...setup, generate: () => SecretValue.of(`password-${++this.#passwords}`) }))

  target({ id, strategy }: SecretConfig): MemoryTarget {
    const users = strategy === 'single-user' ? [id] : [`${id}_a`, `${id}_b`]
    return new MemoryTarget({ server: this.server, strategy: strategy as 'single-user', users })
  }

  request(ms = 10 * MINUTE): RotationRequest {
    const actor = { user_id: 'scheduler', user_agent: 'test' }
    return { type: 'scheduled', actor, deadline: this.clock.now() + ms }
  }

  readonly queue: WorkQueue = {
    send: async items => void this.queued.push(...items),
  }

  sweep = (ms?: number, more: { queue?: WorkQueue; width?: number; signal?: AbortSignal } = {}) =>
    sweep(this, { request: this.request(ms), signal: new AbortController().signal, ...more })

  count = (op: string, id?: string): number =>
    this.calls.filter(call => call.op === op && (id === undefined || call.id === id)).length

  state = async (id: string): Promise<SecretState> => (await this.memory.describe(id, this.call()))!

  call = () => ({ signal: new AbortController().signal, deadline: Number.POSITIVE_INFINITY, run: {} })

  /** A rotation was begun and its run has died. */
  async begun(id: string): Promise<RotationId> {
    const { current } = await this.state(id)
    const rotation = 'died' as RotationId
    await this.memory.putPending(
      id,
      { rotation, base: current.version, value: credentialValue(id, 'pending') },
      this.call(),
    )
    return rotation
  }

  async #record(event: AuditEvent): Promise<void> {
    const error = this.refuseRecord()
    if (error) throw error
    this.memory.events.push(event)
  }

  #counting(): FleetStore {
    const own = {
      facts: () => this.facts,
      startRotation: () => this.startRotation,
      capabilities: () => ({ ...this.memory.capabilities, records: this.records }),
    }
    return new Proxy<FleetStore>(this.memory, {
      get: (memory, op: keyof FleetStore & string) => {
        const member: unknown = op in own ? own[op as keyof typeof own]() : Reflect.get(memory, op)
        if (typeof member !== 'function') return member
        return (...given: unknown[]) => {
          const id = typeof given[0] === 'string' ? given[0] : undefined
          this.calls.push({ op, id })
          this.clock.time += this.latency
          const error = this.refuse(op, id)
          if (op === 'list') return this.#listed(error, () => Reflect.apply(member, memory, given))
          return error ? Promise.reject(error) : Reflect.apply(member, memory, given)
        }
      },
    })
  }

  async *#listed(error: Error | undefined, list: () => AsyncIterable<SecretSummary>): AsyncIterable<SecretSummary> {
    if (error) throw error
    for await (const hint of list()) yield this.shows(hint)
  }
}

export const credentialValue = (username: string, password: string): SecretValue =>
  SecretValue.of(JSON.stringify({ username, password }))

const line = ([name, { strategy = 'single-user', more = '' }]: [string, Member]): string => {
  const logins = strategy === 'single-user' ? `user: ${name}` : `users: [${name}_a, ${name}_b]`
  return `  ${name}: { strategy: ${strategy}, ${logins}, target: { kind: module, module: ./m.mjs }${more} }\n`
}

/** `s000`, `s001`, … */
export const many = (count: number, member: Member = {}): Record<string, Member> =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`s${String(n).padStart(3, '0')}`, member]))
