/**
 * One run: what it has read, the time it has left, and what it puts on record.
 * @module
 */
import type { AuditEvent, EventType } from '../audit/event.ts'
import type { StepName } from '../errors.ts'
import { isRotationError, RotationError } from '../errors.ts'
import type { Duration, Instant } from '../ports/clock.ts'
import type { TargetCall } from '../ports/rotation-target.ts'
import type { Call, RotationId, SecretState, SecretVersion, VersionId } from '../ports/secret-store.ts'
import type { Credential } from '../secret/credential.ts'
import type { SecretValue } from '../secret/secret-value.ts'
import type { RotationRequest, RotationSetup } from './setup.ts'

export interface ReadVersion {
  readonly version: VersionId
  readonly value: SecretValue
  readonly credential: Credential
}

type Details = Partial<Omit<AuditEvent['metadata'], 'rotation_type'>>
interface Ending {
  readonly result: AuditEvent['result']
  readonly versions?: { readonly old?: VersionId; readonly new?: VersionId }
  readonly details?: Details
}

export class Run {
  readonly setup: RotationSetup
  readonly request: RotationRequest
  readonly startedAt: Instant
  readonly deadline: Instant
  /** Durations of the steps that were done, for the record. */
  readonly steps: { [step in StepName]?: Duration } = {}
  /** The rotation that this run works on. */
  begun: { readonly id: RotationId; readonly base: VersionId } | undefined
  /** The previous version whose retirement this run has claimed, and the abandoned claim that it took over. */
  claimed: { readonly version: VersionId; readonly over: Instant | undefined } | undefined
  /** When this run, and when the last other one, noted that it sets what is pending. */
  touched: { readonly own: Instant; readonly others: Instant | undefined } | undefined
  /** A change was sent to the target in this run, and whether it was applied is not known: it may still land. */
  uncertain = false
  #signal: AbortSignal
  /** Identity for the store's memory of this run. */
  readonly #identity = {}
  readonly #versions = new Map<VersionId, ReadVersion>()

  constructor(setup: RotationSetup, request: RotationRequest, signal: AbortSignal) {
    this.setup = setup
    this.request = request
    this.startedAt = setup.clock.now()
    this.deadline = Math.min(request.deadline, this.startedAt + setup.policy.runLife)
    this.#signal = signal
  }

  /** From here on an interruption is ignored: consumers may hold a dead credential, and finishing takes a few round trips. */
  shield(): void {
    this.#signal = new AbortController().signal
  }

  get signal(): AbortSignal {
    return this.#signal
  }

  call(record?: AuditEvent): Call {
    const { deadline } = this
    return { signal: this.#signal, deadline, run: this.#identity, ...(record && { record }) }
  }

  get targetCall(): TargetCall {
    return { signal: this.#signal, deadline: this.deadline }
  }

  /** For a change: it takes effect within the cutover or never, so that whoever comes later can wait until it cannot land any more. */
  get changeCall(): TargetCall {
    const { clock, policy } = this.setup
    return { signal: this.#signal, deadline: Math.min(this.deadline, clock.now() + policy.cutover) }
  }

  /** Throws unless this much time is left: what is begun must be able to end. */
  requireTime(needed: Duration): void {
    if (this.#signal.aborted) throw new RotationError('aborted', 'The run was interrupted.')
    if (this.setup.clock.now() + needed > this.deadline)
      throw new RotationError('no-time', `Less than ${needed} ms are left for this run; the step was not begun.`)
  }

  describe(): Promise<SecretState | undefined> {
    return this.setup.store.describe(this.setup.id, this.call())
  }

  async read(which: VersionId | { readonly pending: RotationId }): Promise<ReadVersion> {
    const known = typeof which === 'string' ? this.#versions.get(which) : undefined
    if (known) return known
    const found = await this.setup.store.read(this.setup.id, which, this.call())
    if (!found) throw new RotationError('stale', 'A version that the store had named is gone.')
    return this.remember(found)
  }

  /** A version of the store as a credential; refused if it is disabled or not of the declared shape. */
  remember({ version, value }: SecretVersion): ReadVersion {
    if (value === 'disabled') throw new RotationError('refused', 'A version that is needed is disabled in the store.')
    const read = { version, value, credential: this.setup.shape.read(value) }
    this.#versions.set(version, read)
    return read
  }

  /** The same, or undefined for a version that is no credential: people keep all sorts of things. */
  tryRemember(found: SecretVersion): ReadVersion | undefined {
    try {
      return this.remember(found)
    } catch (error) {
      if (isRotationError(error, 'value-unsuitable', 'refused')) return undefined
      throw error
    }
  }

  event(type: EventType, { result, versions = {}, details = {} }: Ending): AuditEvent {
    const { setup, request } = this
    const now = setup.clock.now()
    const reason = request.reason !== undefined && { reason: request.reason }
    return {
      schema: 1,
      timestamp: new Date(now).toISOString(),
      event_type: type,
      secret_id: setup.secret,
      secret_version: versions,
      actor: request.actor,
      result,
      duration_ms: now - this.startedAt,
      metadata: { rotation_type: request.type, strategy: setup.target.strategy, ...reason, ...details },
    }
  }

  record(type: EventType, ending: Ending): Promise<void> {
    return this.setup.audit.write(this.event(type, ending))
  }

  /** For a change in the store: its record travels with it where the store can write both at once, and follows it elsewhere. */
  async recorded<T>(event: AuditEvent, change: (call: Call) => Promise<T>): Promise<T> {
    const together = this.setup.store.capabilities.records
    const answer = await change(this.call(together ? event : undefined))
    await (together ? this.setup.audit.mirror?.(event) : this.setup.audit.write(event))
    return answer
  }

  /** Times a step, and names it in what it throws. */
  async step<T>(name: StepName, body: () => Promise<T>): Promise<T> {
    const began = this.setup.clock.now()
    try {
      return await body()
    } catch (error) {
      throw error instanceof RotationError ? error.in({ step: name, secret: this.setup.secret }) : error
    } finally {
      this.steps[name] = this.setup.clock.now() - began
    }
  }
}
