/**
 * The store port on AWS Secrets Manager. A version's id is the rotation's id, AWSPENDING is the claim, and every step is one
 * compare-and-set of a label; which label means what: `labels.ts` and `state.ts`. Only UpdateSecretVersionStage publishes.
 *
 * Weaker than the port asks: `note` compares and then writes, in two calls. Without its tag (a role that may not tag, a crash
 * right after the promotion) `promotedAt` is when anything of the secret was changed last: never too early, often later.
 * @module
 */
import { randomUUID } from 'node:crypto'
import { RotationError } from '../core/errors.ts'
import type { Clock, Instant } from '../core/ports/clock.ts'
import type {
  Call,
  PendingDraft,
  RotationId,
  SecretId,
  SecretState,
  SecretStore,
  SecretSummary,
  SecretVersion,
  StateNote,
  VersionId,
} from '../core/ports/secret-store.ts'
import { isOwnName } from '../core/rotation/ids.ts'
import type { SecretValue } from '../core/secret/secret-value.ts'
import { factsOf, type SecretFacts } from './facts.ts'
import {
  CURRENT,
  isOwnLabel,
  isRetiringLabel,
  OWN,
  PENDING,
  RETIRED,
  retiringLabel,
  turnLabel,
  turnOf,
} from './labels.ts'
import { Look } from './look.ts'
import type { Fetched, Requests } from './requests.ts'
import { baseOf, holderOf, meaningOf, stagesOf } from './state.ts'
import { summaryOf } from './summary.ts'
import { attemptsTag, epochTag, haltedTag, issuingTags, promotedAtTag, requestTag, type Tags } from './tags.ts'

export const MAX_VALUE_BYTES = 65_536

export class AwsSecretStore implements SecretStore {
  readonly name = 'aws'
  readonly capabilities = { publish: 'fenced', maxValueBytes: MAX_VALUE_BYTES, records: false } as const
  protected readonly requests: Requests
  protected readonly clock: Pick<Clock, 'now'>
  readonly #looks = new WeakMap<object, Map<SecretId, Look>>()

  constructor(requests: Requests, clock: Pick<Clock, 'now'>) {
    this.requests = requests
    this.clock = clock
  }

  /** DescribeSecret; then GetSecretValue of current, and of a pending version of ours, for when they were made. */
  async describe(id: SecretId, call: Call): Promise<SecretState | undefined> {
    const look = await this.look(id, call)
    if (!look) return undefined
    const { current, pending, previousUnlisted } = look.meaning
    if (call.only === 'stages') return this.stateOf(look)
    await this.fetch(look, id, current, call)
    if (pending?.ours) await this.fetch(look, id, pending.version, call)
    return this.stateOf(look, previousUnlisted ? await this.#unlistedBase(look, id, call) : undefined)
  }

  async read(
    id: SecretId,
    which: VersionId | { readonly pending: RotationId },
    call: Call,
  ): Promise<SecretVersion | undefined> {
    const look = this.known(id, call)
    if (typeof which !== 'string') return this.#readPending(id, which.pending, look, call)
    const found = look?.values.get(which) ?? (await this.requests.get(id, { version: which }, call))
    if (found) {
      look?.values.set(which, found)
      return versionOf(found)
    }
    if (look && stagesOf(look.described.stages, which).length > 0) throw this.notShown(id)
    return undefined
  }

  async unlabelled(id: SecretId, limit: number, call: Call): Promise<readonly SecretVersion[]> {
    const { meaning } = await this.seen(id, call)
    const staged = [meaning.current, meaning.previous, meaning.pending?.version]
    const found: SecretVersion[] = []
    for (const { version } of await this.requests.versions(id, call)) {
      if (found.length >= limit) break
      const fetched = staged.includes(version) ? undefined : await this.requests.get(id, { version }, call)
      if (fetched) found.push(versionOf(fetched))
    }
    return found
  }

  /**
   * Put under a label of our own, which disturbs nobody; then AWSPENDING is moved onto it by compare-and-set, which is the
   * claim. Of several that bring one rotation, the first put is its value: the service keeps the first for a token.
   */
  async putPending(id: SecretId, draft: PendingDraft, call: Call): Promise<SecretVersion> {
    checkValue(id, draft.value)
    const look = await this.seen(id, call)
    const version = asVersion(draft.rotation)
    if (look.meaning.pending?.version !== version) {
      this.#refusePending(look, id, draft)
      if ((await this.#bring(look, id, draft, call)) === 'put')
        return { version, rotation: draft.rotation, createdAt: this.clock.now(), value: draft.value }
    }
    const winner = await this.requests.get(id, { version }, call)
    if (!winner) throw this.notShown(id)
    look.values.set(version, winner)
    return versionOf(winner)
  }

  async promote(
    id: SecretId,
    move: { readonly rotation: RotationId; readonly base: VersionId; readonly request?: string },
    call: Call,
  ): Promise<{ readonly version: VersionId; readonly already: boolean }> {
    const version = asVersion(move.rotation)
    const look = await this.seen(id, call)
    if (look.meaning.current === version) return { version, already: true }
    this.requireOurs(look, id)
    this.#requirePromotable(look, id, move)
    const { promotedAt } = look.meaning
    try {
      await this.move(look, id, { label: CURRENT, from: move.base, to: version }, call)
    } catch (error) {
      if (!(error instanceof RotationError) || error.code !== 'stale') throw error
      const now = await this.#mustLook(id, call)
      if (now.meaning.current === version) return { version, already: true }
      this.#requirePromotable(now, id, move)
      throw error
    }
    await this.tidy(look, id, move, promotedAt, call)
    return { version, already: false }
  }

  async discardPending(id: SecretId, rotation: RotationId, call: Call): Promise<void> {
    const version = asVersion(rotation)
    const known = this.known(id, call) !== undefined
    const look = await this.seen(id, call)
    const { pending, current } = look.meaning
    if (pending?.version !== version) return
    if (!known) throw stale(id, NOT_DESCRIBED)
    this.requireDiscardable(look, id, rotation)
    await this.move(look, id, { label: turnLabel(version, pending.turns + 1), to: current }, call)
    await this.#loosen(look, id, PENDING, version, call)
  }

  /** AWSPENDING on the version to be ended: it keeps rotations out, Secrets Manager's own too. */
  async claimRetire(id: SecretId, previous: VersionId, staleAfter: number, call: Call): Promise<void> {
    const own = this.known(id, call)?.holder
    const look = own === undefined ? await this.seen(id, call) : await this.#mustLook(id, call)
    const { meaning } = look
    if (meaning.previous !== previous) throw stale(id, 'That version is not previous any more.')
    if (meaning.pending) throw stale(id, 'A rotation is pending.')
    this.requireOurs(look, id)
    if (meaning.retiring && own !== undefined && stagesOf(look.described.stages, previous).includes(retiringLabel(own)))
      return
    if (meaning.retiring) await this.#takeOver(look, id, previous, staleAfter, call)
    const { holder, current } = look.meaning
    // From nowhere two runs could both attach it: so it is first put where all may put it, and then taken away by one.
    if (holder === undefined) await this.move(look, id, { label: PENDING, to: current }, call)
    await this.move(look, id, { label: PENDING, from: holder ?? current, to: previous }, call)
    look.holder = randomUUID().slice(0, 8)
    await this.move(look, id, { label: retiringLabel(look.holder), to: previous }, call)
  }

  async retirePrevious(id: SecretId, previous: VersionId, call: Call): Promise<void> {
    const look = await this.seen(id, call)
    if (look.meaning.previous !== previous) return
    const from = holderOf(look.described.stages, RETIRED)
    await this.move(look, id, { label: RETIRED, ...(from && { from }), to: previous }, call)
    if (look.meaning.holder === previous) await this.#loosen(look, id, PENDING, previous, call)
    for (const label of stagesOf(look.described.stages, previous).filter(isRetiringLabel))
      await this.#loosen(look, id, label, previous, call)
  }

  /** `setAt` is a compare-and-set of a label; the rest are tags, written after a second look. */
  async note(id: SecretId, change: StateNote, call: Call): Promise<void> {
    const look = await this.#described(id, call)
    if (change.setAt !== undefined) await this.#noteSet(look, id, change.setAt, call)
    const tags = tagsFor(look, change)
    if (Object.keys(tags).length === 0) return
    const now = await this.requests.describe(id, call)
    if (!now || !look.isSame(now)) throw stale(id, 'The secret has changed since this run described it.')
    await this.requests.tag(id, tags, call)
    look.tagged(tags)
  }

  async *list(filter: { readonly prefix?: string }, call: Call): AsyncIterable<SecretSummary> {
    for await (const listed of this.requests.list(filter.prefix ?? '', call)) yield summaryOf(listed)
  }

  /** Current's version and value. Absent: undefined. */
  async get(id: SecretId, call: Call): Promise<SecretVersion | undefined> {
    const found = await this.requests.get(id, { stage: CURRENT }, call)
    return found && versionOf(found)
  }

  /** Creates the secret, or is a person's edit: current moves at once, and nothing else does. Repeat: a further version. */
  async put(id: SecretId, value: SecretValue, call: Call): Promise<SecretVersion> {
    checkValue(id, value)
    const token = randomUUID()
    const existing = await this.requests.describe(id, call)
    if (!existing) await this.requests.create(id, token, value, call)
    else {
      this.requireOurs(new Look(id, existing), id)
      await this.requests.put(id, { token, value, stages: [CURRENT] }, call)
    }
    return { version: token as VersionId, createdAt: this.clock.now(), value }
  }

  /** Takes AWSPENDING off a version that is no rotation under way: Secrets Manager refuses to rotate while it is there. Answers whether it did. */
  async clearStray(id: SecretId, call: Call): Promise<boolean> {
    const look = await this.#mustLook(id, call)
    const { holder, pending, retiring, current } = look.meaning
    if (holder === undefined || pending || retiring || holder === current) return false
    await this.#loosen(look, id, PENDING, holder, call)
    return true
  }

  /** Who rotates the secret besides us, and which labels are in the way. Absent: undefined. */
  async facts(id: SecretId, call: Call): Promise<SecretFacts | undefined> {
    const look = this.#looks.get(call.run)?.get(id) ?? (await this.look(id, call))
    return look && factsOf(look.described, id)
  }

  close(): void {
    this.requests.close()
  }

  /** What this run has seen. */
  protected known(id: SecretId, call: Call): Look | undefined {
    return this.#looks.get(call.run)?.get(id)
  }

  /** A fresh look of this run. Absent: undefined. */
  protected async look(id: SecretId, call: Call): Promise<Look | undefined> {
    const described = await this.requests.describe(id, call)
    return described && this.remember(id, described, call)
  }

  protected remember(id: SecretId, described: Look['described'], call: Call): Look {
    if (described.deleted)
      throw new RotationError('refused', 'The secret is scheduled for deletion.', {
        secret: id,
        next: `\`aws secretsmanager restore-secret --secret-id ${id}\` keeps it; then run the same command again.`,
      })
    if (!meaningOf(described, [id]))
      throw new RotationError('refused', 'The secret holds no value yet.', { secret: id, next: NO_VALUE })
    const looks = this.#looks.get(call.run) ?? new Map<SecretId, Look>()
    this.#looks.set(call.run, looks)
    const known = looks.get(id)
    if (known) known.renew(described)
    else looks.set(id, new Look(id, described))
    return looks.get(id)!
  }

  /** What belongs to another service, or is a copy, is not ours to change. */
  protected requireOurs({ described }: Look, id: SecretId): void {
    const { owner, primaryRegion, arn } = described
    if (owner !== undefined)
      throw new RotationError('refused', `The secret is managed by ${owner}, which rotates it itself.`, { secret: id })
    if (primaryRegion !== undefined && primaryRegion !== regionOf(arn))
      throw new RotationError('refused', `This is a replica; the secret is rotated in ${primaryRegion}.`, {
        secret: id,
        next: `Name the store in ${primaryRegion}; the replica follows by itself.`,
      })
  }

  /** What Secrets Manager itself has begun is its own to end, unless it asks us. */
  protected requireDiscardable({ described }: Look, id: SecretId, rotation: RotationId): void {
    if (isOwnName(rotation) || !described.rotationEnabled) return
    throw new RotationError('refused', 'Secrets Manager has begun this rotation and may be running it.', {
      secret: id,
      next: `Stop it first: \`aws secretsmanager cancel-rotate-secret --secret-id ${id}\`.`,
    })
  }

  /** Puts the version; `exists`: with another's value. */
  protected async bring(
    look: Look,
    id: SecretId,
    draft: PendingDraft,
    stages: readonly string[],
    call: Call,
  ): Promise<'put' | 'exists'> {
    const { rotation, value } = draft
    const label = ownLabelFor(look)
    const rotationToken = this.rotationToken()
    const done = await this.requests.put(
      id,
      { token: rotation, value, stages: [...stages, label], rotationToken },
      call,
    )
    if (done === 'put') for (const each of [...stages, label]) look.moved(each, asVersion(rotation))
    return done
  }

  /** Whether rotations may begin although Secrets Manager rotates the secret. */
  protected get mayBegin(): boolean {
    return false
  }

  /** Proof of who puts, within a rotation that Secrets Manager runs. */
  protected rotationToken(): string | undefined {
    return undefined
  }

  protected fetched(id: SecretId, version: VersionId, call: Call): Promise<Fetched | undefined> {
    return this.requests.get(id, { version }, call)
  }

  protected notShown(id: SecretId): RotationError {
    return new RotationError('busy', 'Secrets Manager names a version that it does not show yet.', { secret: id })
  }

  /** After a promotion: labels that mean nothing any more, and when it was. Left undone, dates are later and labels take up room. */
  protected async tidy(
    look: Look,
    id: SecretId,
    { rotation, request }: { readonly rotation: RotationId; readonly request?: string },
    before: Instant | undefined,
    call: Call,
  ): Promise<void> {
    const version = asVersion(rotation)
    try {
      if (look.meaning.holder === version) await this.#loosen(look, id, PENDING, version, call)
      for (const [other, labels] of look.described.stages)
        for (const label of labels.filter(turnOf)) await this.#loosen(look, id, label, other, call)
      const at = Math.max(this.clock.now(), before ?? 0)
      const tags = { ...promotedAtTag(version, at), ...(request !== undefined && requestTag(version, request)) }
      await this.requests.tag(id, tags, call)
      look.tagged(tags)
    } catch {
      // Published is published: the caller must hear that.
    }
  }

  async #readPending(id: SecretId, rotation: RotationId, look: Look | undefined, call: Call) {
    const version = asVersion(rotation)
    const known = look?.meaning.pending?.version === version ? look.values.get(version) : undefined
    const found = known ?? (await this.requests.get(id, { version, stage: PENDING }, call))
    if (!found || found.stages.includes(CURRENT)) return undefined
    look?.values.set(version, found)
    return versionOf(found)
  }

  protected stateOf(look: Look, unlistedBase?: VersionId): SecretState {
    const { current, currentIsOurs, pending, previous, retiring, last, generation, promotedAt, notes } = look.meaning
    const { changedAt, createdAt } = look.described
    const { attempts, halted, epoch, request, issuing } = notes
    const before = previous ?? unlistedBase
    return {
      current: {
        version: current,
        ...(currentIsOurs && { rotation: asRotation(current) }),
        since: look.values.get(current)?.createdAt ?? createdAt,
      },
      ...(before && { previous: { version: before } }),
      ...(pending && {
        pending: {
          rotation: asRotation(pending.version),
          ...(pending.base && { base: pending.base }),
          ours: pending.ours,
          since: look.values.get(pending.version)?.createdAt ?? changedAt,
          published: false,
          ...(pending.turns > 0 && { setAt: look.setAt ?? changedAt }),
        },
      }),
      ...(retiring && { retiring: changedAt }),
      ...(last && last !== current && { anomaly: 'edited' as const }),
      ...(promotedAt !== undefined && { promotedAt }),
      attempts,
      generation,
      ...(halted !== undefined && { halted }),
      epoch,
      ...(request !== undefined && { request }),
      ...(issuing && { issuing }),
    }
  }

  /** What the last rotation replaced has lost its labels to an edit; the id of what replaced it proves which it is. */
  async #unlistedBase({ meaning, names }: Look, id: SecretId, call: Call): Promise<VersionId | undefined> {
    const versions = await this.requests.versions(id, call)
    return baseOf(
      meaning.last!,
      versions.map(({ version }) => version),
      names,
    )
  }

  protected async fetch(look: Look, id: SecretId, version: VersionId, call: Call): Promise<void> {
    if (look.values.has(version)) return
    const found = await this.fetched(id, version, call)
    if (!found) throw this.notShown(id)
    look.values.set(version, found)
  }

  /** What this run has seen, or a first look. Absent: `secret-not-found`. */
  protected async seen(id: SecretId, call: Call): Promise<Look> {
    this.requests.requireOpen(call)
    return this.known(id, call) ?? this.#mustLook(id, call)
  }

  /** What this run decided on. Nothing: `stale`, if the secret is there at all. */
  async #described(id: SecretId, call: Call): Promise<Look> {
    const known = this.known(id, call)
    const look = await this.seen(id, call)
    if (known) return look
    throw stale(id, NOT_DESCRIBED)
  }

  async #mustLook(id: SecretId, call: Call): Promise<Look> {
    const look = await this.look(id, call)
    if (look) return look
    throw new RotationError('secret-not-found', `Secrets Manager has no secret ${id}.`, { secret: id })
  }

  protected async move(
    look: Look,
    id: SecretId,
    move: { readonly label: string; readonly from?: VersionId; readonly to?: VersionId },
    call: Call,
  ): Promise<void> {
    await this.requests.move(id, move, call)
    look.moved(move.label, move.to)
  }

  /** Takes a label off, if it is still there. */
  async #loosen(look: Look, id: SecretId, label: string, from: VersionId, call: Call): Promise<void> {
    try {
      await this.move(look, id, { label, from }, call)
    } catch (error) {
      if (!(error instanceof RotationError) || error.code !== 'stale') throw error
    }
  }

  #refusePending(look: Look, id: SecretId, { rotation, base, supersedes }: PendingDraft): void {
    const { current, pending, retiring } = look.meaning
    const { stages, rotationEnabled } = look.described
    this.requireOurs(look, id)
    if (stages.has(asVersion(rotation)) && stagesOf(stages, asVersion(rotation)).some(label => !isOwnLabel(label)))
      throw new RotationError('discarded', 'This rotation has already ended.', { secret: id })
    if (isDiscardedIn(look, asVersion(rotation)))
      throw new RotationError('discarded', 'This rotation was discarded.', { secret: id })
    if (pending && pending.version !== (supersedes as string | undefined))
      throw stale(id, 'Another rotation is pending.')
    if (supersedes && !pending) throw stale(id, 'The pending version to be replaced is gone.')
    if (retiring) throw stale(id, 'A retirement is under way.')
    if (current !== base) throw stale(id, 'Current has moved.')
    if (rotationEnabled && rotation.startsWith('ls-') && !supersedes && !this.mayBegin)
      throw new RotationError('refused', 'Secrets Manager rotates this secret, and only it may begin a rotation.', {
        secret: id,
        next: `\`aws secretsmanager rotate-secret --secret-id ${id}\`.`,
      })
  }

  async #bring(look: Look, id: SecretId, draft: PendingDraft, call: Call): Promise<'put' | 'exists'> {
    const version = asVersion(draft.rotation)
    const done = await this.bring(look, id, draft, [], call)
    const { holder } = look.meaning
    if (done === 'exists' && look.described.stages.has(version) === false) await this.#requireUnended(id, version, call)
    try {
      await this.move(look, id, { label: PENDING, ...(holder && { from: holder }), to: version }, call)
    } catch (error) {
      if (!(error instanceof RotationError) || error.code !== 'stale') throw error
      // Another worker with the same rotation may have been first.
      const now = await this.#mustLook(id, call)
      if (now.meaning.pending?.version !== version) throw stale(id, 'Another run was first.')
      return 'exists'
    }
    return done
  }

  /** A version that exists without our label was promoted or discarded long ago. */
  async #requireUnended(id: SecretId, version: VersionId, call: Call): Promise<void> {
    const found = await this.requests.get(id, { version }, call)
    if (found?.stages.some(isOwnLabel) || found?.stages.includes(PENDING)) return
    throw new RotationError('discarded', 'This rotation has already ended.', { secret: id })
  }

  #requirePromotable(look: Look, id: SecretId, { rotation, base }: { rotation: RotationId; base: VersionId }): void {
    const { pending, current } = look.meaning
    if (pending?.version !== asVersion(rotation)) throw stale(id, 'This rotation is not pending.')
    if (current !== base || pending.base !== base)
      throw new RotationError('conflict', 'Current was changed during the rotation.', { secret: id })
  }

  async #takeOver(look: Look, id: SecretId, previous: VersionId, staleAfter: number, call: Call): Promise<void> {
    const { described, meaning } = look
    if (this.clock.now() - described.changedAt < staleAfter) throw stale(id, 'Another run retires this version.')
    await this.move(look, id, { label: PENDING, from: previous, to: meaning.current }, call)
    for (const label of stagesOf(described.stages, previous).filter(isRetiringLabel))
      await this.#loosen(look, id, label, previous, call)
  }

  async #noteSet(look: Look, id: SecretId, setAt: number, call: Call): Promise<void> {
    const { pending } = look.meaning
    if (!pending) return
    await this.move(look, id, { label: turnLabel(pending.version, pending.turns + 1), to: pending.version }, call)
    look.setAt = setAt
  }
}

const NOT_DESCRIBED = 'The secret was not described by this run.'
const NO_VALUE = 'Put one: `lockstep secret put NAME`.'

const asVersion = (rotation: RotationId): VersionId => rotation as string as VersionId
const asRotation = (version: VersionId): RotationId => version as string as RotationId
const regionOf = (arn: string): string | undefined => arn.split(':')[3]

const stale = (secret: SecretId, message: string): RotationError => new RotationError('stale', message, { secret })

function checkValue(id: SecretId, value: SecretValue): void {
  const { byteLength } = value
  if (byteLength > 0 && byteLength <= MAX_VALUE_BYTES) return
  throw new RotationError(
    'value-unsuitable',
    `A value has 1 to ${MAX_VALUE_BYTES} bytes; this one has ${byteLength}.`,
    {
      secret: id,
    },
  )
}

/** The one that current does not hold. */
const ownLabelFor = ({ described, meaning }: Look): string =>
  OWN.find(label => !stagesOf(described.stages, meaning.current).includes(label))!

const isDiscardedIn = ({ described }: Look, version: VersionId): boolean =>
  [...described.stages].some(
    ([other, labels]) =>
      other !== version && labels.some(label => label.startsWith(turnLabel(version, 0).slice(0, -1))),
  )

function versionOf({ version, stages, createdAt, value }: Fetched): SecretVersion {
  const ours = isOwnName(version) || stages.some(isOwnLabel)
  return { version, ...(ours && { rotation: asRotation(version) }), createdAt, value }
}

function tagsFor({ meaning }: Look, { attempts, halted, epoch, promotedAt, issuing }: StateNote): Tags {
  const { current, last, notes } = meaning
  const keys = issuing === undefined ? {} : issuingTags(issuing)
  if (!keys) throw new RotationError('refused', 'The secret has no room for the list of keys that are alive.')
  const tags = {
    ...(attempts !== undefined && attemptsTag(current, attempts)),
    ...(halted !== undefined && haltedTag(current, halted)),
    ...(epoch !== undefined && epoch > notes.epoch && epochTag(epoch)),
    ...keys,
  }
  const pin = last !== undefined && notes.promotedAt === undefined ? (meaning.promotedAt ?? promotedAt) : undefined
  // A tag moves the date that the promotion is otherwise known by: so it is written down before it is lost.
  return pin !== undefined && (Object.keys(tags).length > 0 || promotedAt !== undefined)
    ? { ...tags, ...promotedAtTag(last!, pin) }
    : tags
}
