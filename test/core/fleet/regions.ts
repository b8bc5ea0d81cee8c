/**
 * The same configuration deployed in several regions, in memory: one store a region, one server, and a register in a place of its own.
 * The functions of each region are real; what they reach can be cut.
 */
import type { AuditEvent } from '../../../core/audit/event.ts'
import { loadConfig } from '../../../core/config/load.ts'
import type { Config } from '../../../core/config/types.ts'
import { RotationError } from '../../../core/errors.ts'
import type { Fleet, FleetStore } from '../../../core/fleet/fleet.ts'
import { memberIn, ofMember } from '../../../core/fleet/member.ts'
import { type SweepOptions, sweep } from '../../../core/fleet/sweep.ts'
import { wire } from '../../../core/fleet/wire.ts'
import { workOn } from '../../../core/fleet/work.ts'
import type { WorkItem } from '../../../core/ports/work-queue.ts'
import { failOver } from '../../../core/replication/fail-over.ts'
import { replicate } from '../../../core/replication/replicate.ts'
import { storeRegister } from '../../../core/replication/store-register.ts'
import { SecretValue } from '../../../core/secret/secret-value.ts'
import { MemoryStore } from '../../../core/testing/memory-store.ts'
import { MemoryServer, MemoryTarget } from '../../../core/testing/memory-target.ts'
import { credentialValue, MINUTE } from './support.ts'

const TARGET = 'target: { kind: module, module: ./m.mjs }'
const STORES = ['eu', 'us', 'ap', 'reg']

const text = (secrets: string): string => `version: 1
stores:
${STORES.map(name => `  ${name}: { kind: local, file: ${name}.db, key: { env: KEY } }\n`).join('')}
epochs: { store: reg }
defaults: { interval: 30d, grace: 1h, runLife: 1m }
secrets:
${secrets}`

/** Led from eu, followed in us and ap; ap only as well as it can. */
export const FOLLOWED = (name: string, strategy = 'alternating-users', more = ''): string =>
  `  ${name}: { store: eu, strategy: ${strategy}, ${strategy === 'single-user' ? `user: ${name}_a` : `users: [${name}_a, ${name}_b]`}, followers: [{ store: us }, { store: ap, required: false }]${more}, ${TARGET} }\n`
/** In one region only. */
export const ALONE = (name: string, store: string): string =>
  `  ${name}: { store: ${store}, strategy: single-user, user: ${name}_a, ${TARGET} }\n`

export class FleetRegions {
  time = Date.UTC(2030, 0, 1)
  readonly clock = {
    now: () => this.time,
    sleep: async (ms: number) => {
      this.time += ms
    },
  }
  readonly stores = new Map(STORES.map(name => [name, new MemoryStore(this.clock)]))
  readonly server = new MemoryServer(this.clock)
  readonly config: Config
  readonly events: AuditEvent[] = []
  readonly queued: WorkItem[] = []
  readonly cut = new Set<string>()
  /** `store: operation`, as it happened. */
  readonly calls: string[] = []
  #passwords = 0

  constructor(secrets: string) {
    this.config = loadConfig(text(secrets), { fileName: 'lockstep.yml' })
    for (const { id, store } of this.config.secrets.values()) {
      this.stores.get(store)!.seed(id, credentialValue(`${id}_a`, 'first'))
      this.server.setPassword(`${id}_a`, SecretValue.of('first'))
    }
  }

  /** A person names the leader of every secret that has followers. */
  async named(): Promise<this> {
    for (const { name, followers } of this.config.secrets.values())
      if (followers.length > 0) await replicate(await this.at().setup(name), this.request('manual'), this.signal)
    return this
  }

  /** What is deployed with LOCKSTEP_MEMBER, or without. */
  at(member?: string): Fleet {
    const config = ofMember(this.config, member)
    const register = storeRegister(async () => this.reached('reg') as never, 'test')
    const openers = {
      store: async (name: string) => this.reached(name),
      target: async ({ id, strategy }: { id: string; strategy: string }) => {
        const users = strategy === 'single-user' ? [`${id}_a`] : [`${id}_a`, `${id}_b`]
        return new MemoryTarget({ server: this.server, strategy: strategy as 'single-user', users })
      },
      audit: () => ({ write: async (event: AuditEvent) => void this.events.push(event) }),
      replication: { register: () => register },
    }
    const setup = async (name: string) => {
      const secret = config.secrets.get(name)
      const wired = await wire(config, name, openers, this.clock, secret && memberIn(secret, member))
      return { ...wired, generate: () => SecretValue.of(`password-${++this.#passwords}`) }
    }
    return { config, clock: this.clock, member, register: () => register, store: openers.store, setup }
  }

  reached(name: string): FleetStore {
    return new Proxy<FleetStore>(this.stores.get(name)!, {
      get: (store, op: string) => {
        const member: unknown = Reflect.get(store, op)
        if (typeof member !== 'function') return member
        return (...given: unknown[]) => {
          this.calls.push(`${name}: ${op}`)
          if (this.cut.has(name)) throw new RotationError('store-unavailable', `${name} does not answer.`)
          return Reflect.apply(member, store, given)
        }
      },
    })
  }

  readonly signal = new AbortController().signal

  request(type: 'scheduled' | 'manual' = 'scheduled') {
    const actor = { user_id: 'scheduler', user_agent: 'test' }
    return { type, actor, deadline: this.time + 10 * MINUTE }
  }

  sweep = (member?: string, more: Partial<SweepOptions> = {}) =>
    sweep(this.at(member), { request: this.request(), signal: this.signal, ...more })

  queue = { send: async (items: readonly WorkItem[]) => void this.queued.push(...items) }

  work = (name: string, what: WorkItem['do'], member?: string) =>
    workOn(this.at(member), name, what, this.request(), this.signal)

  failOver = async (name: string, to: string) =>
    failOver(await this.at(to).setup(name), { ...this.request('manual'), reason: 'region lost' }, this.signal)

  shown(store: string, id: string): string {
    return (JSON.parse(this.stores.get(store)!.peek(id).current.reveal()) as { password: string }).password
  }

  works(store: string, id: string): boolean {
    const { username, password } = JSON.parse(this.stores.get(store)!.peek(id).current.reveal()) as Record<
      string,
      string
    >
    return this.server.passwordsOf(username!).some(each => each.equals(SecretValue.of(password!)))
  }

  wrote = (store: string): readonly string[] =>
    this.calls.filter(
      call =>
        /^\w+: (put|create|promote|discard|claim|retire|note|republish)/.test(call) && call.startsWith(`${store}:`),
    )
}
