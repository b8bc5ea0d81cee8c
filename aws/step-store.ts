/**
 * The store during one invocation of a rotation that Secrets Manager runs itself: the token names the version, the service has
 * put AWSPENDING on it, and each step asks for no more than it needs. One object an invocation: what was read is kept.
 * @module
 */
import { RotationError } from '../core/errors.ts'
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
import { CURRENT, isOwnLabel, OWN, PENDING } from './labels.ts'
import type { Look } from './look.ts'
import type { Described, Fetched, Requests } from './requests.ts'
import { AwsSecretStore } from './secret-store.ts'

export interface ManagedRotation {
  /** `ClientRequestToken` of the event: the version's id. */
  readonly token: RotationId
  /** `RotationToken` of the event: proves to the service who puts, where roles or accounts differ. */
  readonly rotationToken?: string | undefined
}

export class StepStore extends AwsSecretStore {
  readonly #managed: ManagedRotation
  #current: Promise<Fetched | undefined> | undefined
  #pending: Promise<Fetched | undefined> | undefined

  constructor(requests: Requests, clock: Pick<Clock, 'now'>, managed: ManagedRotation) {
    super(requests, clock)
    this.#managed = managed
  }

  /** What consumers read, ahead of the step, which then does not ask again. */
  async current(id: SecretId, call: Call): Promise<SecretVersion | undefined> {
    this.#current ??= this.requests.get(id, { stage: CURRENT }, call)
    return shown(await this.#current)
  }

  /** The version that is being rotated to, ahead of the step; undefined while it has no value, or if the token is not pending. */
  async pending(id: SecretId, call: Call): Promise<SecretVersion | undefined> {
    this.#pending ??= this.requests.get(id, { version: this.#managed.token, stage: PENDING }, call)
    return shown(await this.#pending)
  }

  override async describe(id: SecretId, call: Call): Promise<SecretState | undefined> {
    return call.only === 'values'
      ? ((await this.#glance(id, call)) ?? super.describe(id, call))
      : super.describe(id, call)
  }

  override async read(
    id: SecretId,
    which: VersionId | { readonly pending: RotationId },
    call: Call,
  ): Promise<SecretVersion | undefined> {
    if (typeof which === 'string' || which.pending !== this.#managed.token) return super.read(id, which, call)
    const known = this.known(id, call)?.values.get(which.pending as string as VersionId)
    const found = known ?? (await this.#readToken(id, call))
    return found?.stages.includes(CURRENT) ? undefined : shown(found)
  }

  /** AWSPENDING is there already; the first value for the token stays, whoever put it: ours, or a template's. */
  override async putPending(id: SecretId, draft: PendingDraft, call: Call): Promise<SecretVersion> {
    if (draft.rotation !== this.#managed.token) return super.putPending(id, draft, call)
    const look = await this.seen(id, call)
    this.requireOurs(look, id)
    if (!look.described.rotationEnabled)
      throw new RotationError('refused', 'Rotation of this secret was cancelled.', { secret: id })
    const done = await this.bring(look, id, draft, [PENDING], call)
    const version = draft.rotation as string as VersionId
    if (done === 'put') return { version, rotation: draft.rotation, createdAt: this.clock.now(), value: draft.value }
    const winner = await this.requests.get(id, { version, stage: PENDING }, call)
    if (!winner) throw this.notShown(id)
    if (!winner.stages.some(isOwnLabel)) await this.#adopt(look, id, version, call)
    return { ...shown(winner)!, rotation: draft.rotation }
  }

  protected override async fetched(id: SecretId, version: VersionId, call: Call): Promise<Fetched | undefined> {
    const ahead = this.#current && (await this.#readCurrent(id, call))
    return ahead?.version === version ? ahead : super.fetched(id, version, call)
  }

  /** Secrets Manager has asked us. */
  protected override get mayBegin(): boolean {
    return true
  }

  protected override rotationToken(): string | undefined {
    return this.#managed.rotationToken
  }

  /** Its own rotation may be discarded: nobody else is running it. */
  protected override requireDiscardable(look: Look, id: SecretId, rotation: RotationId): void {
    if (rotation !== this.#managed.token) super.requireDiscardable(look, id, rotation)
  }

  /** The service takes AWSPENDING off by itself. */
  protected override async tidy(...args: Parameters<AwsSecretStore['tidy']>): Promise<void> {
    if (args[2].rotation !== this.#managed.token) await super.tidy(...args)
  }

  /** Current and pending with their labels, in two calls; undefined if that does not show a rotation under way. */
  async #glance(id: SecretId, call: Call): Promise<SecretState | undefined> {
    const [current, pending] = await Promise.all([this.#readCurrent(id, call), this.#readToken(id, call)])
    if (!current || !pending || current.version === pending.version) return undefined
    const look = this.remember(id, describedFrom(id, [current, pending]), call)
    for (const fetched of [current, pending]) look.values.set(fetched.version, fetched)
    return this.stateOf(look)
  }

  /** What a template put is ours from here on: the label keeps it alive whatever happens to AWSPENDING. */
  async #adopt(look: Look, id: SecretId, version: VersionId, call: Call): Promise<void> {
    const held = new Set([...look.described.stages.values()].flat())
    const current = look.described.stages.get(look.meaning.current) ?? []
    const label = OWN.find(each => !held.has(each)) ?? OWN.find(each => !current.includes(each))!
    const from = [...look.described.stages].find(([, labels]) => labels.includes(label))?.[0]
    await this.move(look, id, { label, ...(from && { from }), to: version }, call)
  }

  /** What was read ahead is used once: whoever asks again wants to know how it is now. */
  #readCurrent(id: SecretId, call: Call): Promise<Fetched | undefined> {
    const ahead = this.#current ?? this.requests.get(id, { stage: CURRENT }, call)
    this.#current = undefined
    return ahead
  }

  #readToken(id: SecretId, call: Call): Promise<Fetched | undefined> {
    const ahead = this.#pending ?? this.requests.get(id, { version: this.#managed.token, stage: PENDING }, call)
    this.#pending = undefined
    return ahead
  }
}

const shown = (found: Fetched | undefined): SecretVersion | undefined =>
  found && {
    version: found.version,
    createdAt: found.createdAt,
    value: found.value,
    ...(found.stages.some(isOwnLabel) && { rotation: found.version as string as RotationId }),
  }

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
