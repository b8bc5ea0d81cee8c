/**
 * The store during one invocation of a rotation that Secrets Manager runs itself: the token names the version, the service has
 * put AWSPENDING on it, and each step asks for no more than it needs. One object an invocation.
 * @module
 */
import { isRotationError, RotationError } from '../core/errors.ts'
import type { Clock } from '../core/ports/clock.ts'
import type {
  Call,
  PendingDraft,
  RotationId,
  SecretId,
  SecretState,
  SecretVersion,
  VersionId,
} from '../core/ports/secret-store.ts'
import { checkValue, requireOurs } from './guards.ts'
import { CURRENT, isOwnLabel, PENDING } from './labels.ts'
import type { Look } from './look.ts'
import { brought, ownLabelFor, put } from './pending.ts'
import { describe, stateOf, versionOf } from './reading.ts'
import type { Described, Fetched, Requests } from './requests.ts'
import { AwsSecretStore } from './secret-store.ts'
import { holderOf } from './state.ts'
import { asVersion, type ManagedRotation, type Premises, type Visit } from './visit.ts'

export class StepStore extends AwsSecretStore {
  readonly #version: VersionId
  #current: Promise<Fetched | undefined> | undefined
  #pending: Promise<Fetched | undefined> | undefined

  constructor(
    requests: Requests,
    clock: Pick<Clock, 'now'>,
    managed: ManagedRotation,
    replicas: Pick<Premises, 'betweenMoves'> = {},
  ) {
    super(requests, clock, { managed, ...replicas })
    this.#version = asVersion(managed.token)
  }

  /** What consumers read, ahead of the step, which then does not ask again. */
  async current(id: SecretId, call: Call): Promise<SecretVersion | undefined> {
    this.#current ??= this.#fetchCurrent(id, call)
    return shown(await this.#current)
  }

  /** The version that is being rotated to, ahead of the step; undefined while it has no value, or if the token is not pending. */
  async pending(id: SecretId, call: Call): Promise<SecretVersion | undefined> {
    this.#pending ??= this.#fetchPending(id, call)
    return shown(await this.#pending)
  }

  override async describe(id: SecretId, call: Call): Promise<SecretState | undefined> {
    const visit = this.visit(id, call)
    const glance = call.only === 'values' ? await this.#glance(visit) : undefined
    return glance ?? describe(visit, call.only === undefined ? await this.#takeCurrent() : undefined)
  }

  override async read(
    id: SecretId,
    which: VersionId | { readonly pending: RotationId },
    call: Call,
  ): Promise<SecretVersion | undefined> {
    if (typeof which === 'string' || asVersion(which.pending) !== this.#version) return super.read(id, which, call)
    const seen = this.visit(id, call).known?.values.get(this.#version)
    const found = seen ?? (await this.#takePending(id, call))
    return found?.stages.includes(CURRENT) ? undefined : shown(found)
  }

  /**
   * AWSPENDING is there already, and is not put again: a put that lands after the service has given the rotation up would attach it
   * for good, and no other rotation could begin. The first value for the token stays, whoever put it: ours, or a template's.
   */
  override async putPending(id: SecretId, draft: PendingDraft, call: Call): Promise<SecretVersion> {
    if (asVersion(draft.rotation) !== this.#version) return super.putPending(id, draft, call)
    checkValue(id, draft.value)
    const visit = this.visit(id, call)
    const look = await visit.seen()
    requireOurs(visit, look)
    if (!look.described.rotationEnabled)
      throw new RotationError('refused', 'Rotation of this secret was cancelled.', { at: id })
    const labels = await put(visit, look, draft)
    if (labels !== 'exists') {
      if (!labels.includes(PENDING)) await this.#claimAgain(visit, look)
      return brought(visit, draft)
    }
    const winner = await this.#fetchPending(id, call)
    if (!winner) throw visit.notShown()
    if (!winner.stages.some(isOwnLabel)) await this.#adopt(visit, look)
    look.values.set(this.#version, winner)
    return { ...versionOf(winner), rotation: draft.rotation }
  }

  /** An emulator may replace the labels of a version that is put; the service takes AWSPENDING off only when it gives the rotation up. */
  async #claimAgain(visit: Visit, look: Look): Promise<void> {
    look.moved(PENDING, undefined)
    const now = await visit.requests.describe(visit.id, visit.call)
    if (!now || !look.isSame(now)) throw visit.stale('Somebody has put a version, and the rotation was given up.')
    await visit.move(look, { label: PENDING, to: this.#version })
  }

  /** Current and pending with their labels, in two calls; undefined if they do not show a rotation under way. */
  async #glance(visit: Visit): Promise<SecretState | undefined> {
    const { id, call } = visit
    const [ahead] = (await this.#takeCurrent()) ?? []
    const reading = ahead ?? unlessRefused(this.#fetchCurrent(id, call))
    const [current, pending] = await Promise.all([reading, this.#takePending(id, call)])
    if (!current || !pending || current.version === pending.version) return undefined
    const look = visit.remember(describedFrom(id, [current, pending]))
    for (const fetched of [current, pending]) look.values.set(fetched.version, fetched)
    return stateOf(look)
  }

  /** What a template put is ours from here on: the label keeps it alive whatever happens to AWSPENDING. */
  async #adopt(visit: Visit, look: Look): Promise<void> {
    const label = await ownLabelFor(visit, look)
    const from = holderOf(look.described.stages, label)
    await visit.move(look, { label, ...(from && { from }), to: this.#version })
  }

  #fetchCurrent(id: SecretId, call: Call): Promise<Fetched | undefined> {
    return this.premises.requests.get(id, { stage: CURRENT }, call)
  }

  #fetchPending(id: SecretId, call: Call): Promise<Fetched | undefined> {
    return this.premises.requests.get(id, { version: this.#version, stage: PENDING }, call)
  }

  /** What was read ahead is used once: whoever asks again wants to know how it is now. */
  async #takeCurrent(): Promise<readonly Fetched[] | undefined> {
    const ahead = this.#current
    this.#current = undefined
    const found = await unlessRefused(ahead)
    return found && [found]
  }

  #takePending(id: SecretId, call: Call): Promise<Fetched | undefined> {
    const ahead = this.#pending ?? this.#fetchPending(id, call)
    this.#pending = undefined
    return ahead
  }
}

/** Refused in the state that the secret is in: which one, the description says that is looked at instead. */
async function unlessRefused<T>(reading: Promise<T> | undefined): Promise<T | undefined> {
  try {
    return await reading
  } catch (error) {
    if (isRotationError(error, 'refused')) return undefined
    throw error
  }
}

/** Without our label it is named by nobody: a template's, or one of the service's own. */
const shown = (found: Fetched | undefined): SecretVersion | undefined => found && versionOf(found)

/** As much of a description as two versions tell. */
const describedFrom = (id: SecretId, versions: readonly Fetched[]): Described => ({
  arn: id,
  name: id,
  stages: new Map(versions.map(({ version, stages }) => [version, stages])),
  tags: {},
  changedAt: Math.max(...versions.map(({ createdAt }) => createdAt)),
  createdAt: 0,
  rotationEnabled: true,
  deleted: false,
})
