/**
 * Targets in memory: a server with logins and an issuer of keys. The world that the crash simulator looks at.
 * @module
 */
import { RotationError } from '../errors.ts'
import type { Clock, Duration, Instant } from '../ports/clock.ts'
import type {
  Acceptance,
  Finding,
  IssuedKey,
  IssuingTarget,
  Overlap,
  SettableTarget,
  Strategy,
  TargetCall,
} from '../ports/rotation-target.ts'
import type { RotationId } from '../ports/secret-store.ts'
import { sharesCredential } from '../rotation/one-login.ts'
import type { Credential } from '../secret/credential.ts'
import { SecretValue } from '../secret/secret-value.ts'

interface Change {
  readonly at: Instant
  /** The primary one first. */
  readonly passwords: readonly SecretValue[]
}

/** A database server: logins with a password or two, and endpoints that show a change after their lag. */
export class MemoryServer {
  readonly clock: Clock
  readonly endpoints: ReadonlyMap<string, Duration>
  readonly #logins = new Map<string, Change[]>()
  /** Logins tried, refused ones too. */
  logins = 0
  refusals = 0
  /** Values that the server's policy refuses. */
  rejects: (password: SecretValue) => boolean = () => false
  /** Passwords that log in and then may do nothing. */
  cripples: (password: SecretValue) => boolean = () => false

  constructor(clock: Clock, endpoints: Record<string, Duration> = { writer: 0 }) {
    this.clock = clock
    this.endpoints = new Map(Object.entries(endpoints))
  }

  setPassword(username: string, password: SecretValue | undefined): void {
    this.setPasswords(username, password === undefined ? [] : [password])
  }

  setPasswords(username: string, passwords: readonly SecretValue[]): void {
    const changes = this.#logins.get(username) ?? []
    this.#logins.set(username, [...changes, { at: this.clock.now(), passwords }])
  }

  passwordsOf(username: string, endpoint = 'writer'): readonly SecretValue[] {
    const shown = this.clock.now() - (this.endpoints.get(endpoint) ?? 0)
    return this.#logins.get(username)?.findLast(change => change.at <= shown)?.passwords ?? []
  }

  passwordOf(username: string, endpoint = 'writer'): SecretValue | undefined {
    return this.passwordsOf(username, endpoint)[0]
  }

  /** Whether a login would succeed; looks without counting. */
  wouldAccept({ username, password }: Credential, endpoint = 'writer'): boolean {
    return this.passwordsOf(username, endpoint).some(one => one.equals(password))
  }

  login(credential: Credential, endpoint: string): boolean {
    this.logins++
    const accepted = this.wouldAccept(credential, endpoint)
    if (!accepted) this.refusals++
    return accepted
  }
}

type MemoryStrategy = Extract<Strategy, 'single-user' | 'alternating-users' | 'dual-password'>

export interface MemoryTargetOptions {
  readonly server: MemoryServer
  readonly strategy: MemoryStrategy
  /** The login, or the pair of alternating-users. */
  readonly users: readonly string[]
  /** Changes are made by an administrator, whom a stale current does not stop. */
  readonly asAdmin?: boolean
}

export class MemoryTarget implements SettableTarget {
  readonly kind = 'settable'
  readonly engine = 'memory'
  readonly strategy: MemoryStrategy
  readonly overlap: Overlap
  readonly endpoints: readonly string[]
  readonly #server: MemoryServer
  readonly #users: readonly string[]
  readonly #asAdmin: boolean

  constructor({ server, strategy, users, asAdmin = false }: MemoryTargetOptions) {
    this.strategy = strategy
    this.overlap = strategy === 'single-user' ? 'gap' : 'both-valid'
    this.endpoints = [...server.endpoints.keys()]
    this.#server = server
    this.#users = users
    this.#asAdmin = asAdmin
  }

  nextUsername({ username }: Credential): string {
    if (!this.#users.includes(username)) throw new RotationError('identity-mismatch', 'The login is not one of ours.')
    return this.strategy === 'alternating-users' ? this.#users.find(user => user !== username)! : username
  }

  async set({ current, pending }: { current: Credential; pending: Credential }, call: TargetCall): Promise<void> {
    this.#open(call)
    if (pending.username !== this.nextUsername(current))
      throw new RotationError('identity-mismatch', 'The pending version names another user.')
    if (!this.#asAdmin) for (const endpoint of this.endpoints) this.#requireLogin(current, endpoint)
    if (this.#server.rejects(pending.password))
      throw new RotationError('value-rejected', 'The server refuses the value.')
    if (this.strategy === 'dual-password') return this.#join(current, pending)
    this.#server.setPassword(pending.username, pending.password)
  }

  /** The server keeps two at most, and shows whether there is a second one, as some do. */
  #join(current: Credential, pending: Credential): void {
    const held = this.#server.passwordsOf(pending.username)
    if (held.some(password => password.equals(pending.password))) return
    if (held.some(password => !password.equals(current.password)))
      throw new RotationError('not-ours', 'The login has a second password that is neither current nor pending.')
    this.retain(pending)
  }

  /** As MySQL's RETAIN CURRENT PASSWORD: what was the second password is gone, whatever it was. */
  retain({ username, password }: Credential): void {
    this.#server.setPasswords(username, [password, ...this.#server.passwordsOf(username).slice(0, 1)])
  }

  async test(credential: Credential, call: TargetCall): Promise<void> {
    this.#open(call)
    for (const endpoint of this.endpoints) this.#requireLogin(credential, endpoint)
    if (this.#server.cripples(credential.password)) throw new RotationError('probe-failed', 'A probe failed.')
  }

  async accepts(credential: Credential, call: TargetCall): Promise<Acceptance> {
    this.#open(call)
    const accepted = this.endpoints.filter(endpoint => this.#server.login(credential, endpoint))
    return { accepted, refused: this.endpoints.filter(endpoint => !accepted.includes(endpoint)) }
  }

  async end({ previous, current }: { previous: Credential; current: Credential }, call: TargetCall): Promise<void> {
    this.#open(call)
    if (sharesCredential(this, previous, current))
      throw new RotationError('refused', 'Current names what would be ended.')
    if (this.strategy === 'dual-password') {
      // A person, or another run, may have changed it since: then it is not ours to end.
      this.#requireLogin(current, 'writer')
      const known = [previous, current]
      const held = this.#server.passwordsOf(current.username)
      if (held.some(password => !known.some(one => one.password.equals(password))))
        throw new RotationError('not-ours', 'The login has a password that is neither previous nor current.')
      this.#server.setPassword(current.username, current.password)
    } else this.#server.setPassword(previous.username, undefined)
  }

  async force(credential: Credential, call: TargetCall): Promise<void> {
    this.#open(call)
    this.#server.setPassword(credential.username, credential.password)
  }

  async examine(): Promise<readonly Finding[]> {
    return []
  }

  #requireLogin(credential: Credential, endpoint: string): void {
    if (!this.#server.login(credential, endpoint))
      throw new RotationError('auth-failed', 'The server refused the login.', { at: endpoint })
  }

  /** Like a server-side time-out: nothing takes effect after the deadline. */
  #open(call: TargetCall): void {
    if (call.signal.aborted) throw new RotationError('aborted', 'The run was interrupted.')
    if (this.#server.clock.now() > call.deadline)
      throw new RotationError('no-time', 'The server gave the statement up at its time-out.')
  }
}

export interface MemoryIssuerOptions {
  readonly clock: Clock
  readonly limit?: number
  /** Whether keys carry the rotation that asked for them. */
  readonly tags?: boolean
}

export class MemoryIssuer implements IssuingTarget {
  readonly kind = 'issuing'
  readonly engine = 'memory'
  readonly strategy = 'issue-then-revoke'
  readonly overlap = 'both-valid'
  readonly endpoints = ['issuer']
  readonly limit: number
  readonly #clock: Clock
  readonly #tags: boolean
  readonly #keys = new Map<string, IssuedKey & { secret: SecretValue }>()
  #issued = 0

  constructor({ clock, limit = 2, tags = true }: MemoryIssuerOptions) {
    this.#clock = clock
    this.limit = limit
    this.#tags = tags
  }

  get keys(): readonly string[] {
    return [...this.#keys.keys()]
  }

  wouldAccept({ username, password }: Credential): boolean {
    return this.#keys.get(username)?.secret.equals(password) ?? false
  }

  /** A key made outside of any rotation. */
  seed(rotation?: RotationId): Credential {
    const key = `key-${++this.#issued}`
    const secret = SecretValue.of(`secret-of-${key}`)
    const tag = this.#tags && rotation !== undefined && { rotation }
    this.#keys.set(key, { key, secret, createdAt: this.#clock.now(), ...tag })
    return { username: key, password: secret }
  }

  /** Somebody revokes a key outside of any rotation. */
  remove(key: string): void {
    this.#keys.delete(key)
  }

  async issue(rotation: RotationId, call: TargetCall): Promise<Credential> {
    this.#open(call)
    if (this.#keys.size >= this.limit) throw new RotationError('key-limit', `The issuer allows ${this.limit} keys.`)
    return this.seed(rotation)
  }

  async list(call: TargetCall): Promise<readonly IssuedKey[]> {
    this.#open(call)
    return [...this.#keys.values()].map(({ secret: _, ...key }) => key)
  }

  async revoke(key: string, call: TargetCall): Promise<void> {
    this.#open(call)
    this.#keys.delete(key)
  }

  async test(credential: Credential, call: TargetCall): Promise<void> {
    this.#open(call)
    if (!this.wouldAccept(credential))
      throw new RotationError('auth-failed', 'The issuer refused the key.', { at: 'issuer' })
  }

  async accepts(credential: Credential, call: TargetCall): Promise<Acceptance> {
    this.#open(call)
    return this.wouldAccept(credential) ? { accepted: ['issuer'], refused: [] } : { accepted: [], refused: ['issuer'] }
  }

  async examine(): Promise<readonly Finding[]> {
    return []
  }

  #open(call: TargetCall): void {
    if (call.signal.aborted) throw new RotationError('aborted', 'The run was interrupted.')
    if (this.#clock.now() > call.deadline) throw new RotationError('no-time', 'The issuer did not answer in time.')
  }
}
