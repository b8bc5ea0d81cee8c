/**
 * What a store brings to its conformance suite, and the bench that the cases work at.
 * @module
 */
import assert from 'node:assert/strict'
import type { AuditEvent } from '../../audit/event.ts'
import { type ErrorCode, RotationError } from '../../errors.ts'
import type { Instant } from '../../ports/clock.ts'
import type {
  Call,
  PendingDraft,
  RotationId,
  SecretState,
  SecretStore,
  SecretVersion,
  VersionId,
} from '../../ports/secret-store.ts'
import { emergencyId } from '../../rotation/ids.ts'
import { SecretValue } from '../../secret/secret-value.ts'

export interface StoreFixture {
  /** Over durable state that holds no secret whose name begins with `prefix`. */
  readonly store: SecretStore
  /** Every secret of the suite is named below it. Default: none. */
  readonly prefix?: string
  /** The clock that the store is given, or the service's. */
  now(): Instant
  /** Moves that clock, forwards only. */
  advance?(ms: number): void | Promise<void>
  /** Moves that clock backwards. */
  setBack?(ms: number): void | Promise<void>
  /** Creates a secret as a person would. */
  seed(id: string, value: SecretValue): Promise<unknown>
  /** A person's edit of current. */
  edit(id: string, value: SecretValue): Promise<unknown>
  /** Another handle on the same durable state. */
  second?(): SecretStore | Promise<SecretStore>
  /** Everything that was recorded with changes. */
  records?(): readonly AuditEvent[] | Promise<readonly AuditEvent[]>
  /** A handle on the same durable state that may do nothing. */
  readonly denied?: SecretStore
  close?(): void | Promise<void>
}

/** What some stores cannot offer. `deadline`: the store looks at `Call.deadline` itself. */
export type StoreFeature = 'advance' | 'setBack' | 'second' | 'records' | 'denied' | 'deadline'

export interface Case {
  readonly name: string
  readonly needs: readonly StoreFeature[]
  readonly check: Check
}

type Check = (bench: Bench) => Promise<void>

/** One sentence of the contract and its check; `needs` names what the fixture must offer for it. */
export const rule = (name: string, check: Check, ...needs: readonly StoreFeature[]): Case => ({ name, needs, check })

export const value = (text: string): SecretValue => SecretValue.of(text)
/** Long enough for any case, and no timer is made of it. */
const RUN_LIFE_MS = 60_000

/** One secret at one store, and short words for what the cases do with it. Its current value is `old`. */
export class Bench {
  readonly fixture: StoreFixture
  readonly store: SecretStore
  readonly id: string
  readonly rotations = new Map<string, RotationId>()

  constructor(fixture: StoreFixture) {
    this.fixture = fixture
    this.store = fixture.store
    this.id = this.named('app')
  }

  named(name: string): string {
    return `${this.fixture.prefix ?? ''}${name}`
  }

  /** A call of a run of its own, unless `run` is given. */
  call(more: Partial<Call> = {}): Call {
    return { signal: new AbortController().signal, deadline: this.fixture.now() + RUN_LIFE_MS, run: {}, ...more }
  }

  async second(): Promise<SecretStore> {
    assert.ok(this.fixture.second, 'The fixture offers no second(); declare it in `without`.')
    return this.fixture.second()
  }

  async seeded(): Promise<this> {
    await this.fixture.seed(this.id, value('old'))
    return this
  }

  async state(call = this.call()): Promise<SecretState> {
    const state = await this.store.describe(this.id, call)
    assert.ok(state, 'describe answers undefined for a secret that exists')
    return state
  }

  async current(): Promise<VersionId> {
    return (await this.state()).current.version
  }

  /** Seeds unless it is seeded, and brings `new` as the pending value of `name`. */
  async pending(name = 'one', text = 'new'): Promise<VersionId> {
    if (!(await this.store.describe(this.id, this.call()))) await this.seeded()
    const base = await this.current()
    await this.put(name, text, base)
    return base
  }

  /** A rotation by a short name, as the engine would call it: some stores learn the base from it. Never brought: any other. */
  rotation(name: string): RotationId {
    const nowhere = { current: { version: 'nowhere' as VersionId }, generation: 0 }
    return this.rotations.get(name) ?? emergencyId(this.id, nowhere, name)
  }

  async draft(name: string, text: string, base: VersionId, id = this.id): Promise<PendingDraft> {
    const { generation } = (await this.fixture.store.describe(id, this.call())) ?? { generation: 0 }
    const known = this.rotations.get(name)
    const rotation = known ?? emergencyId(id, { current: { version: base }, generation }, name)
    this.rotations.set(name, rotation)
    return { rotation, base, value: value(text) }
  }

  async put(
    name: string,
    text: string,
    base: VersionId,
    store = this.store,
    call = this.call(),
  ): Promise<SecretVersion> {
    return store.putPending(this.id, await this.draft(name, text, base), call)
  }

  /** What the names of rotations are made from: never the same twice. */
  async basis(): Promise<string> {
    const { current, generation } = await this.state()
    return `${current.version}/${generation}`
  }

  /** One whole rotation: `old` becomes previous, `new` becomes current. */
  async rotated(name = 'one', text = 'new'): Promise<VersionId> {
    const base = await this.pending(name, text)
    return (await this.promote(name, base)).version
  }

  promote(name: string, base: VersionId, store = this.store, call = this.call()) {
    return store.promote(this.id, { rotation: this.rotation(name), base }, call)
  }

  /** Describes and discards in one run, as the port asks for. */
  async discard(name: string, store = this.store): Promise<void> {
    const call = this.call()
    await store.describe(this.id, call)
    await store.discardPending(this.id, this.rotation(name), call)
  }

  async previous(): Promise<VersionId> {
    const { previous } = await this.state()
    assert.ok(previous, 'nothing is previous')
    return previous.version
  }

  async retired(): Promise<void> {
    const previous = await this.previous()
    const call = this.call()
    await this.store.claimRetire(this.id, previous, RUN_LIFE_MS, call)
    await this.store.retirePrevious(this.id, previous, call)
  }

  async assertCurrentIs(text: string): Promise<void> {
    const version = await this.store.read(this.id, await this.current(), this.call())
    assertValue(version, text)
  }

  async assertPendingIs(name: string, text: string): Promise<void> {
    assertValue(await this.store.read(this.id, { pending: this.rotation(name) }, this.call()), text)
  }
}

/** Never shows what the values are. */
export function assertValue(version: SecretVersion | undefined, text: string): void {
  assert.ok(version, 'the version is absent')
  assert.ok(version.value !== 'disabled', 'the version is disabled')
  assert.ok(version.value.equals(value(text)), `the value is not what was put (${text.length} characters)`)
}

export async function refused(action: Promise<unknown>, ...codes: readonly ErrorCode[]): Promise<RotationError> {
  const error = await action.then(
    () => assert.fail(`resolved; expected ${codes.join(' or ')}`),
    (thrown: unknown) => thrown,
  )
  if (error instanceof assert.AssertionError) throw error
  assert.ok(error instanceof RotationError, 'the error is not a RotationError')
  assert.ok(codes.includes(error.code), `expected ${codes.join(' or ')}, got ${error.code}: ${error.message}`)
  return error
}

/** Every action ends; how many were answered, and the errors of the others. */
export async function race<T>(actions: readonly Promise<T>[]): Promise<{ answers: T[]; errors: RotationError[] }> {
  const ends = await Promise.allSettled(actions)
  const answers = ends.flatMap(end => (end.status === 'fulfilled' ? [end.value] : []))
  const errors = ends.flatMap(end => (end.status === 'rejected' ? [end.reason as RotationError] : []))
  return { answers, errors }
}
