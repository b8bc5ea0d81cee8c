/**
 * The store port in memory: the model that other stores are compared with, and the durable state of the crash simulator.
 * @module
 */
import type { AuditEvent } from '../audit/event.ts'
import { RotationError } from '../errors.ts'
import type { Clock, Instant } from '../ports/clock.ts'
import type {
  Call,
  PendingDraft,
  PendingState,
  RotationId,
  SecretId,
  SecretState,
  SecretStore,
  SecretSummary,
  SecretVersion,
  StateNote,
  VersionId,
} from '../ports/secret-store.ts'
import type { SecretValue } from '../secret/secret-value.ts'

interface StoredVersion {
  readonly version: VersionId
  readonly rotation?: RotationId
  readonly createdAt: Instant
  readonly value: SecretValue
}

interface StoredSecret {
  readonly id: SecretId
  versions: StoredVersion[]
  current: VersionId
  currentSince: Instant
  previous?: VersionId
  pending?: {
    rotation: RotationId
    version: VersionId
    base: VersionId
    since: Instant
    setAt?: Instant
    ours: boolean
  }
  retiring?: { since: Instant; run: object }
  /** What the last rotation left as current. */
  left?: VersionId
  promotedAt?: Instant
  attempts: number
  generation: number
  halted?: string
  epoch: number
  request?: string
  issuing?: NonNullable<SecretState['issuing']>
  ended: Set<RotationId>
  revision: number
}

export interface Peek {
  readonly current: SecretValue
  readonly pending: SecretValue | undefined
  readonly previous: SecretValue | undefined
  /** The rotation that made current. */
  readonly rotation: RotationId | undefined
  readonly pendingRotation: RotationId | undefined
  readonly retiring: boolean
}

export class MemoryStore implements SecretStore {
  readonly name = 'memory'
  readonly capabilities: SecretStore['capabilities']
  readonly events: AuditEvent[] = []
  readonly #clock: Clock
  readonly #secrets = new Map<SecretId, StoredSecret>()
  readonly #seen = new WeakMap<object, Map<SecretId, number>>()
  /** Runs as they were when a call was sent that lands later. */
  readonly #sent = new WeakSet<object>()
  #versions = 0

  /** `reported`: a promotion takes effect whatever current is by then, like one that creates a version which consumers read at once. */
  constructor(clock: Clock, publish: 'fenced' | 'reported' = 'fenced') {
    this.#clock = clock
    this.capabilities = { publish, maxValueBytes: 65_536, records: true }
  }

  /** Creates a secret, or, when it exists, is a person's edit: current moves and nothing else. */
  seed(id: SecretId, value: SecretValue): VersionId {
    const version = this.#newVersion(value)
    const secret = this.#secrets.get(id)
    if (secret) this.#change(secret, { current: version.version, currentSince: version.createdAt })
    else
      this.#secrets.set(id, {
        id,
        versions: [],
        current: version.version,
        currentSince: version.createdAt,
        attempts: 0,
        generation: 0,
        epoch: 0,
        ended: new Set(),
        revision: 0,
      })
    this.#secret(id).versions.push(version)
    return version.version
  }

  edit(id: SecretId, value: SecretValue): VersionId {
    return this.seed(id, value)
  }

  /** The same, as stores have it for people and for what is copied there the first time. */
  async put(id: SecretId, value: SecretValue, call: Call): Promise<void> {
    open(call)
    this.seed(id, value)
  }

  /** There is one already: it stays as it is. */
  async create(id: SecretId, value: SecretValue, call: Call): Promise<void> {
    open(call)
    if (!this.#secrets.has(id)) this.seed(id, value)
  }

  /** A pending version that somebody else brought. */
  seedForeignPending(id: SecretId, value: SecretValue): void {
    const version = this.#newVersion(value)
    const secret = this.#secret(id)
    secret.versions.push(version)
    const rotation = 'somebody-else' as RotationId
    const since = this.#clock.now()
    this.#change(secret, { pending: { rotation, version: version.version, base: secret.current, since, ours: false } })
  }

  async describe(id: SecretId, call: Call): Promise<SecretState | undefined> {
    open(call)
    const secret = this.#secrets.get(id)
    if (!secret) return undefined
    this.#remember(secret, call)
    const { previous, pending, retiring, left, promotedAt, halted, request, issuing } = secret
    const rotation = this.#find(secret, secret.current)?.rotation
    const anomaly = rotation ? ('regressed' as const) : ('edited' as const)
    return {
      current: { version: secret.current, ...(rotation && { rotation }), since: secret.currentSince },
      ...(previous && { previous: { version: previous } }),
      ...(pending && { pending: describePending(pending) }),
      ...(retiring && { retiring: retiring.since }),
      ...(left && left !== secret.current && { anomaly }),
      ...(promotedAt !== undefined && { promotedAt }),
      attempts: secret.attempts,
      generation: secret.generation,
      ...(halted !== undefined && { halted }),
      epoch: secret.epoch,
      ...(request !== undefined && { request }),
      ...(issuing && { issuing }),
    }
  }

  async read(id: SecretId, which: VersionId | { pending: RotationId }, call: Call): Promise<SecretVersion | undefined> {
    open(call)
    const secret = this.#secrets.get(id)
    if (!secret) return undefined
    if (typeof which === 'string') return this.#find(secret, which)
    return secret.pending?.rotation === which.pending ? this.#find(secret, secret.pending.version) : undefined
  }

  async unlabelled(id: SecretId, limit: number, call: Call): Promise<readonly SecretVersion[]> {
    open(call)
    const secret = this.#secret(id)
    const labelled = new Set([secret.current, secret.previous, secret.pending?.version])
    return secret.versions
      .filter(v => !labelled.has(v.version))
      .reverse()
      .slice(0, limit)
  }

  async putPending(id: SecretId, draft: PendingDraft, call: Call): Promise<SecretVersion> {
    open(call)
    if (draft.value.byteLength > this.capabilities.maxValueBytes)
      throw new RotationError('value-unsuitable', 'The value is too large for this store.')
    const secret = this.#secret(id)
    const { pending } = secret
    if (pending?.rotation === draft.rotation) return this.#find(secret, pending.version)!
    if (secret.ended.has(draft.rotation)) throw new RotationError('discarded', 'This rotation has already ended.')
    if (pending && pending.rotation !== draft.supersedes)
      throw new RotationError('stale', 'Another rotation is pending.')
    if (draft.supersedes && !pending) throw new RotationError('stale', 'The pending version to replace is gone.')
    if (secret.retiring) throw new RotationError('stale', 'A retirement is under way.')
    if (secret.current !== draft.base) throw new RotationError('stale', 'Current has moved.')
    const version = this.#newVersion(draft.value, draft.rotation)
    secret.versions.push(version)
    if (draft.supersedes) secret.ended.add(draft.supersedes)
    const since = version.createdAt
    const { rotation, base } = draft
    this.#change(secret, { pending: { rotation, base, version: version.version, since, ours: true } }, call)
    return version
  }

  async promote(id: SecretId, move: { rotation: RotationId; base: VersionId; request?: string }, call: Call) {
    open(call)
    const secret = this.#secret(id)
    if (this.#find(secret, secret.current)?.rotation === move.rotation)
      return { version: secret.current, already: true }
    const { pending, current } = secret
    const moves = secret.current !== move.base || pending?.base !== move.base
    if (pending?.rotation !== move.rotation) return this.#publishLate(secret, move.rotation, call)
    if (moves && this.capabilities.publish === 'fenced')
      throw new RotationError('conflict', 'Current was changed during the rotation.')
    const now = this.#clock.now()
    secret.ended.add(move.rotation)
    delete secret.pending
    delete secret.halted
    const moved = { current: pending.version, previous: move.base, left: pending.version, currentSince: now }
    const counted = { promotedAt: now, attempts: 0, generation: secret.generation + 1 }
    this.#change(secret, { ...moved, ...counted, ...(move.request && { request: move.request }) }, call)
    if (!move.request) delete secret.request
    return { version: pending.version, already: false, ...(moves && { overwrote: [current] }) }
  }

  /** Nothing fences what was sent while the rotation was pending: consumers see it, and the record is another. */
  #publishLate(secret: StoredSecret, rotation: RotationId, call: Call): never {
    const sent = secret.versions.find(version => version.rotation === rotation)
    if (sent && this.capabilities.publish !== 'fenced' && this.#sent.has(call.run))
      this.#change(secret, { current: sent.version, currentSince: this.#clock.now() })
    throw new RotationError('stale', 'This rotation is not pending.')
  }

  /** What the record says is current is published again. */
  async republish(id: SecretId, call: Call): Promise<void> {
    open(call)
    const secret = this.#secret(id)
    const { left, current } = secret
    if (left === undefined || left === current || !this.#find(secret, current)?.rotation) return
    this.#change(secret, { current: left, currentSince: this.#clock.now() })
  }

  async discardPending(id: SecretId, rotation: RotationId, call: Call): Promise<void> {
    open(call)
    const secret = this.#secret(id)
    if (secret.pending?.rotation !== rotation) return
    this.#requireSeen(secret, call)
    delete secret.pending
    secret.ended.add(rotation)
    this.#change(secret, { generation: secret.generation + 1 }, call)
  }

  async claimRetire(id: SecretId, previous: VersionId, staleAfter: number, call: Call): Promise<void> {
    open(call)
    const secret = this.#secret(id)
    const now = this.#clock.now()
    if (secret.previous !== previous) throw new RotationError('stale', 'That version is not previous any more.')
    if (secret.pending) throw new RotationError('stale', 'A rotation is pending.')
    const { retiring } = secret
    if (retiring && retiring.run !== call.run && now - retiring.since < staleAfter)
      throw new RotationError('stale', 'Another run retires this version.')
    this.#change(secret, { retiring: { since: now, run: call.run } }, call)
  }

  async retirePrevious(id: SecretId, previous: VersionId, call: Call): Promise<void> {
    open(call)
    const secret = this.#secret(id)
    if (secret.previous !== previous) return
    delete secret.previous
    delete secret.retiring
    this.#change(secret, {}, call)
  }

  async note(id: SecretId, change: StateNote, call: Call): Promise<void> {
    open(call)
    const secret = this.#secret(id)
    this.#requireSeen(secret, call)
    const { attempts, halted, epoch, setAt, promotedAt, issuing } = change
    if (promotedAt !== undefined) secret.promotedAt ??= promotedAt
    if (attempts !== undefined) secret.attempts = attempts
    if (halted === null) delete secret.halted
    else if (halted !== undefined) secret.halted = halted
    if (epoch !== undefined) secret.epoch = Math.max(secret.epoch, epoch)
    if (setAt !== undefined && secret.pending) secret.pending.setAt = setAt
    if (issuing === null) delete secret.issuing
    else if (issuing !== undefined) secret.issuing = issuing
    this.#change(secret, {}, call)
  }

  async *list(filter: { prefix?: string }, call: Call): AsyncIterable<SecretSummary> {
    open(call)
    for (const [id, secret] of [...this.#secrets].sort(([a], [b]) => (a < b ? -1 : 1))) {
      if (!id.startsWith(filter.prefix ?? '')) continue
      const { promotedAt, halted } = secret
      const inFlight = secret.pending !== undefined || secret.retiring !== undefined
      const { left, current, currentSince, previous } = secret
      const edited = left !== undefined && left !== current
      const since = edited && promotedAt !== undefined ? promotedAt : currentSince
      const times = { changedAt: currentSince, since, ...(promotedAt !== undefined && { promotedAt }) }
      yield { id, inFlight, previous: previous !== undefined, ...times, ...(halted !== undefined && { halted }) }
    }
  }

  /** The call as it is now: when it lands later, it is still conditional on what its run had seen when it was made. */
  frozen(call: Call): Call {
    const run = {}
    this.#seen.set(run, new Map(this.#seen.get(call.run)))
    this.#sent.add(run)
    return { ...call, run }
  }

  has(id: SecretId): boolean {
    return this.#secrets.has(id)
  }

  /** Keeps all that is there; the answer puts it back, as from a backup. */
  backUp(id: SecretId): () => void {
    const copy = (secret: StoredSecret): StoredSecret => ({
      ...secret,
      versions: [...secret.versions],
      ended: new Set(secret.ended),
      ...(secret.pending && { pending: { ...secret.pending } }),
    })
    const kept = copy(this.#secret(id))
    return () => void this.#secrets.set(id, { ...copy(kept), revision: this.#secret(id).revision + 1 })
  }

  /** What stands behind the stages: for the simulator's promises only. */
  peek(id: SecretId): Peek {
    const secret = this.#secret(id)
    const contentOf = (version?: VersionId) => (version === undefined ? undefined : this.#find(secret, version)?.value)
    return {
      current: contentOf(secret.current)!,
      pending: contentOf(secret.pending?.version),
      previous: contentOf(secret.previous),
      rotation: this.#find(secret, secret.current)?.rotation,
      pendingRotation: secret.pending?.rotation,
      retiring: secret.retiring !== undefined,
    }
  }

  #secret(id: SecretId): StoredSecret {
    const secret = this.#secrets.get(id)
    if (!secret) throw new RotationError('secret-not-found', 'The store has no such secret.', { secret: id })
    return secret
  }

  #requireSeen(secret: StoredSecret, call: Call): void {
    if (this.#seen.get(call.run)?.get(secret.id) !== secret.revision)
      throw new RotationError('stale', 'The secret has changed since this run described it.')
  }

  #newVersion(value: SecretValue, rotation?: RotationId): StoredVersion {
    const version = `m${++this.#versions}` as VersionId
    return { version, createdAt: this.#clock.now(), value, ...(rotation && { rotation }) }
  }

  #find(secret: StoredSecret, version: VersionId): StoredVersion | undefined {
    return secret.versions.find(v => v.version === version)
  }

  #change(secret: StoredSecret, change: Partial<StoredSecret>, call?: Call): void {
    Object.assign(secret, change)
    const upToDate = call !== undefined && this.#seen.get(call.run)?.get(secret.id) === secret.revision
    secret.revision++
    if (call?.record) this.events.push(call.record)
    if (upToDate) this.#remember(secret, call)
  }

  #remember(secret: StoredSecret, call: Call): void {
    const seen = this.#seen.get(call.run) ?? new Map<SecretId, number>()
    this.#seen.set(call.run, seen.set(secret.id, secret.revision))
  }
}

function describePending(pending: NonNullable<StoredSecret['pending']>): PendingState {
  const { rotation, base, ours, since, setAt } = pending
  return { rotation, base, ours, since, published: false, ...(setAt !== undefined && { setAt }) }
}

function open(call: Call): void {
  if (call.signal.aborted) throw new RotationError('aborted', 'The run was interrupted.')
}
