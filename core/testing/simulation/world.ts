/**
 * The durable world of a simulation, its promises, and the wiring of one simulated process to it.
 * @module
 */
import type { AuditEvent } from '../../audit/event.ts'
import type { Instant } from '../../ports/clock.ts'
import type { RotationTarget } from '../../ports/rotation-target.ts'
import type { RotationId } from '../../ports/secret-store.ts'
import { hasOneLogin } from '../../rotation/one-login.ts'
import type { RotationPolicy, RotationRequest, RotationSetup } from '../../rotation/setup.ts'
import type { Credential, ValueShape } from '../../secret/credential.ts'
import { SecretValue } from '../../secret/secret-value.ts'
import { MemoryIssuer, MemoryServer, MemoryTarget } from '../memory-target.ts'
import { type Hub, proxiedAudit, proxiedTarget, VirtualClock, type Worker } from './hub.ts'
import { SimulatedMemoryStore, type SimulatedStore } from './store.ts'

export type SimulatedStrategy = 'single-user' | 'alternating-users' | 'dual-password' | 'issue-then-revoke'

export const ID = 'app'
/** Every password holds this, so that a leak is found by a search. */
export const CANARY = 'canary'
/** Of promise 4. */
export const EDIT_LOST = 'a person’s edit was lost'
const FOREIGN = { username: 'somebody-else', password: SecretValue.of('not ours') }

/** `{ username, password, note }`: the note stands for whatever else people keep in a secret. */
export const noteShape: ValueShape = {
  read(value) {
    const { username, password } = JSON.parse(value.reveal()) as { username: string; password: string }
    return { username, password: SecretValue.of(password) }
  },
  write(base, { username, password }) {
    const rest = JSON.parse(base.reveal()) as object
    return SecretValue.of(JSON.stringify({ ...rest, username, password: password.reveal() }))
  },
  differsOnlyInLogin(one, other) {
    return noteShape.write(other, noteShape.read(one)).equals(one)
  },
}

export const simulatedPolicy: RotationPolicy = {
  interval: 86_400_000,
  grace: 60_000,
  consumers: [{ name: 'app', kind: 'other', refresh: 30_000, connectRetry: 0 }],
  runLife: 30_000,
  cutover: 1_000,
  replicaLag: 0,
  settle: 0,
  retryBudget: 20,
  idleSessions: 'keep',
  manual: false,
}

export interface WorldOptions {
  readonly strategy: SimulatedStrategy
  readonly policy?: Partial<RotationPolicy>
  /** The reader shows changes that much later. */
  readonly lag?: number
  /** An administrator changes passwords. */
  readonly asAdmin?: boolean
  /** Issuing: whether keys carry the rotation. */
  readonly tags?: boolean
  /** The store writes changes and their records separately. */
  readonly separateRecords?: boolean
  /** What holds the secret. Default: memory. */
  readonly store?: (clock: VirtualClock) => SimulatedStore
}

export interface Violation {
  readonly promise: 'P1' | 'P2' | 'P3' | 'P4' | 'P5' | 'P6'
  readonly what: string
  /** The documented weakness of the store that has shown here. */
  readonly weakness?: string
}

export class World {
  readonly clock = new VirtualClock()
  readonly store: SimulatedStore
  readonly server: MemoryServer
  readonly issuer: MemoryIssuer
  readonly target: RotationTarget
  readonly events: AuditEvent[] = []
  readonly policy: RotationPolicy
  readonly violations: Violation[] = []
  readonly options: WorldOptions
  /** The first value that each rotation brought. */
  readonly brought = new Map<RotationId, SecretValue>()
  /** What a person did; some promises are about that. */
  edited = false
  /** A person cut consumers off. */
  excused = false
  /** Nothing that the store holds can work any more, through no fault of a rotation. */
  lost = false
  #seen: { value: SecretValue; until: Instant }[] = []
  #foreignKey: string | undefined
  #generated = 0
  #firstKey: string | undefined
  readonly #namedKeys = new Set<string>()

  constructor(options: WorldOptions) {
    this.options = options
    this.store = options.store?.(this.clock) ?? new SimulatedMemoryStore(this.clock)
    this.policy = { ...simulatedPolicy, ...options.policy }
    const { lag } = options
    this.server = new MemoryServer(this.clock, lag === undefined ? { writer: 0 } : { writer: 0, reader: lag })
    this.issuer = new MemoryIssuer({ clock: this.clock, limit: 3, tags: options.tags ?? true })
    this.target = this.#makeTarget(options.strategy)
    this.server.setPassword(FOREIGN.username, FOREIGN.password)
    this.#foreignKey = options.strategy === 'issue-then-revoke' ? this.issuer.seed().username : undefined
    this.store.seed(ID, this.value(this.#firstCredential(options.strategy)))
    this.clock.advance(2 * 86_400_000)
  }

  #makeTarget(strategy: SimulatedStrategy): RotationTarget {
    if (strategy === 'issue-then-revoke') return this.issuer
    const users = strategy === 'alternating-users' ? ['app_a', 'app_b'] : ['app']
    return new MemoryTarget({ server: this.server, strategy, users, asAdmin: this.options.asAdmin ?? false })
  }

  #firstCredential(strategy: SimulatedStrategy): Credential {
    if (strategy === 'issue-then-revoke') {
      const first = this.issuer.seed()
      this.#firstKey = first.username
      return first
    }
    const credential = { username: strategy === 'alternating-users' ? 'app_a' : 'app', password: this.password() }
    this.server.setPassword(credential.username, credential.password)
    return credential
  }

  password = (): SecretValue => SecretValue.of(`${CANARY}-${++this.#generated}`)

  value({ username, password }: Credential, note = ''): SecretValue {
    return SecretValue.of(JSON.stringify({ username, password: password.reveal(), note }))
  }

  get current(): Credential {
    return noteShape.read(this.store.peek(ID).current)
  }

  get note(): string {
    return (JSON.parse(this.store.peek(ID).current.reveal()) as { note: string }).note
  }

  accepts(credential: Credential, endpoint = 'writer'): boolean {
    return this.options.strategy === 'issue-then-revoke'
      ? this.issuer.wouldAccept(credential)
      : this.server.wouldAccept(credential, endpoint)
  }

  /** Keys of ours that no version ever named: their value died with the run that had asked for them. */
  get orphans(): readonly string[] {
    const foreign = (key: string) => key === this.#foreignKey || key === this.#firstKey
    return this.issuer.keys.filter(key => !foreign(key) && !this.#namedKeys.has(key))
  }

  setup(hub: Hub, worker: Worker): RotationSetup {
    const separate = this.options.separateRecords ?? false
    const store = this.store.connect(hub, worker)
    return {
      secret: ID,
      id: ID,
      store: separate ? withoutRecords(store) : store,
      target: proxiedTarget(this.target, hub, worker),
      shape: noteShape,
      policy: this.policy,
      clock: {
        now: () => this.clock.now(),
        sleep: ms => hub.call(worker, 'audit', 'clock.sleep', () => this.clock.sleep(ms)),
      },
      audit: proxiedAudit({ write: async event => void this.events.push(event) }, hub, worker),
      generate: this.password,
    }
  }

  request(more: Partial<RotationRequest> = {}): RotationRequest {
    const actor = { user_id: 'simulator', user_agent: 'simulation' }
    return { type: 'scheduled', actor, deadline: this.clock.now() + this.policy.runLife, ...more }
  }

  get record(): AuditEvent[] {
    return [...this.events, ...this.store.events]
  }

  /** The promises that hold at every instant. */
  observe(call: string): void {
    const { current, pending, previous, rotation, pendingRotation, recorded, others = [] } = this.store.peek(ID)
    // Of the versions without a stage, recovery tries a few where there is one login.
    const tried = hasOneLogin(this.options) ? others : []
    const staged = [current, pending, previous, recorded, ...tried].filter(v => v !== undefined)
    if (!this.lost && !staged.some(v => this.accepts(noteShape.read(v))))
      this.violate('P1', `nothing that the store holds authenticates after ${call}`)
    this.#observeBrought(call, pending, pendingRotation)
    this.#observeConsumers(call, current)
    const promised = rotation && this.brought.get(rotation)
    if (promised && !this.edited && !promised.equals(current))
      this.violate('P3', 'another value than the one brought was promoted')
    if (!this.server.wouldAccept(FOREIGN)) this.violate('P4', 'a foreign login was changed')
    if (this.orphans.length > 1) this.violate('P3', 'more than one key whose value is lost')
    if (this.#foreignKey && !this.issuer.keys.includes(this.#foreignKey))
      this.violate('P4', 'a foreign key was revoked')
  }

  #observeBrought(call: string, pending: SecretValue | undefined, rotation: RotationId | undefined): void {
    if (!pending || !rotation) return
    const first = this.brought.get(rotation)
    this.#namedKeys.add(noteShape.read(pending).username)
    if (!first) this.brought.set(rotation, pending)
    else if (!first.equals(pending)) this.violate('P3', `a second value for one rotation after ${call}`)
  }

  /** Consumers read current and keep it for their refresh time. */
  #observeConsumers(call: string, current: SecretValue): void {
    const now = this.clock.now()
    const refresh = Math.max(0, ...this.policy.consumers.map(c => c.refresh))
    this.#seen = this.#seen.filter(s => s.until >= now && !s.value.equals(current))
    if (!this.excused && this.target.overlap === 'both-valid')
      for (const value of [current, ...this.#seen.map(s => s.value)])
        for (const endpoint of this.target.endpoints)
          if (!this.accepts(noteShape.read(value), endpoint))
            this.violate('P2', `a consumer holds a dead credential after ${call}`)
    this.#seen.push({ value: current, until: now + refresh })
  }

  /** The promises that hold once nothing is under way. */
  rest(): void {
    if (!this.excused && !this.accepts(this.current)) this.violate('P2', 'current does not authenticate at rest')
    if (JSON.stringify(this.record).includes(CANARY)) this.violate('P5', 'a value is on record')
    const state = this.store.peek(ID)
    const ends = new Set(['secret_rotated', 'rollback'])
    const ended = this.record.some(e => ends.has(e.event_type) && e.metadata.rotation_id === state.rotation)
    if (state.rotation && !ended) this.violate('P6', 'a promoted rotation is not on record')
  }

  violate(promise: Violation['promise'], what: string): void {
    if (this.violations.some(v => v.promise === promise && v.what === what)) return
    const { weakness } = this.store
    const excused = weakness !== undefined && (promise === 'P2' || promise === 'P3' || what === EDIT_LOST)
    this.violations.push({ promise, what, ...(excused && { weakness }) })
  }
}

function withoutRecords<T extends RotationSetup['store']>(store: T): T {
  return new Proxy(store, {
    get: (inner, property) =>
      property === 'capabilities'
        ? { ...inner.capabilities, records: false }
        : (Reflect.get(inner, property, inner) as unknown),
  })
}
