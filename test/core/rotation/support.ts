/**
 * A world in memory with the engine's real functions wired to it, and short names for what tests do and look at.
 * @module
 */
import type { EventType } from '../../../core/audit/event.ts'
import { type ErrorCode, RotationError } from '../../../core/errors.ts'
import type { RotationTarget } from '../../../core/ports/rotation-target.ts'
import type { RotationId, SecretState, SecretStore } from '../../../core/ports/secret-store.ts'
import { diagnose, repair } from '../../../core/rotation/doctor/doctor.ts'
import { retire, revokeNow } from '../../../core/rotation/retire.ts'
import { rollback, rotate } from '../../../core/rotation/rotate.ts'
import type { RotationRequest, RotationResult, RotationSetup } from '../../../core/rotation/setup.ts'
import type { Credential } from '../../../core/secret/credential.ts'
import { SecretValue } from '../../../core/secret/secret-value.ts'
import { ID, noteShape, World, type WorldOptions } from '../../../core/testing/simulation/world.ts'

export const DAY = 86_400_000
export const GRACE = 60_000
export const RUN_LIFE = 30_000

type Overrides<T> = { readonly [key in keyof T]?: T[key] | undefined }

export class Bench extends World {
  /** Members of the target that a test replaces. */
  target_: Overrides<RotationTarget> & Record<string, unknown> = {}
  /** Members of the store that a test replaces. */
  store_: Overrides<SecretStore> = {}
  readonly abort = new AbortController()

  constructor(strategy: WorldOptions['strategy'], options: Omit<WorldOptions, 'strategy'> = {}) {
    super({ strategy, ...options })
  }

  get wired(): RotationSetup {
    return {
      secret: ID,
      id: ID,
      store: overridden(this.store, this.store_),
      target: overridden(this.target, this.target_) as RotationTarget,
      shape: noteShape,
      policy: this.policy,
      clock: this.clock,
      audit: { write: async event => void this.events.push(event) },
      generate: this.password,
    }
  }

  rotate = (more?: Partial<RotationRequest>) => rotate(this.wired, this.request(more), this.abort.signal)
  retire = (more?: Partial<RotationRequest>) => retire(this.wired, this.request(more), this.abort.signal)
  rollback = (more?: Partial<RotationRequest>) => rollback(this.wired, this.request(more), this.abort.signal)
  revokeNow = (more?: Partial<RotationRequest>) => revokeNow(this.wired, this.request(more), this.abort.signal)
  diagnose = () => diagnose(this.wired, this.request(), this.abort.signal)
  repair = (more?: Partial<RotationRequest>) => repair(this.wired, this.request(more), this.abort.signal)

  state(): Promise<SecretState> {
    return this.store.describe(ID, this.call()) as Promise<SecretState>
  }

  call(run: object = {}) {
    return { signal: this.abort.signal, deadline: Number.POSITIVE_INFINITY, run }
  }

  async kinds(): Promise<string[]> {
    return (await this.diagnose()).findings.map(({ kind }) => kind)
  }

  staged(stage: 'current' | 'pending' | 'previous'): Credential | undefined {
    const value = this.store.peek(ID)[stage]
    return value && noteShape.read(value)
  }

  works(stage: 'current' | 'pending' | 'previous', endpoint?: string): boolean {
    const credential = this.staged(stage)
    return credential !== undefined && this.accepts(credential, endpoint)
  }

  /** Puts a pending version as a run that then died. */
  async begun(rotation = 'died' as RotationId): Promise<Credential> {
    const { current } = await this.state()
    const username = this.target.kind === 'settable' ? this.target.nextUsername(this.current) : ''
    const pending =
      this.target.kind === 'issuing' ? this.issuer.seed(rotation) : { username, password: this.password() }
    const draft = { rotation, base: current.version, value: this.value(pending) }
    await this.store.putPending(ID, draft, this.call())
    return pending
  }

  setPassword({ username, password }: Credential): void {
    this.server.setPassword(username, password)
  }

  /** Somebody changes a login at the target. */
  spoil(username = this.current.username): void {
    this.server.setPassword(username, SecretValue.of('changed by somebody'))
  }

  edit(credential: Credential, note = 'edited'): void {
    this.store.edit(ID, this.value(credential, note))
  }

  /** Events of one type, oldest first. */
  recorded(type: EventType) {
    return this.record.filter(e => e.event_type === type)
  }

  loginsOf = async (body: () => Promise<unknown>): Promise<{ logins: number; refusals: number }> => {
    const { logins, refusals } = this.server
    await body()
    return { logins: this.server.logins - logins, refusals: this.server.refusals - refusals }
  }
}

function overridden<T extends object>(port: T, overrides: object): T {
  return new Proxy(port, {
    get(inner, property) {
      const from = property in overrides ? overrides : inner
      const member = Reflect.get(from, property, from) as unknown
      return typeof member === 'function' ? member.bind(from) : member
    },
  })
}

/** The code of the error that a run ends with; a result ends the test. */
export async function codeOf(run: Promise<RotationResult | RotationResult[]>): Promise<ErrorCode> {
  return (await errorOf(run)).code
}

export async function errorOf(run: Promise<unknown>): Promise<RotationError> {
  let result: unknown
  try {
    result = await run
  } catch (error) {
    if (error instanceof RotationError) return error
    throw error
  }
  throw new Error(`expected a refusal, got ${JSON.stringify(result)}`)
}

export const failing =
  (code: ErrorCode, message = 'as the test wants it') =>
  async () => {
    throw new RotationError(code, message)
  }
