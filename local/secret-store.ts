/**
 * The store port on one SQLite file: every write is one durable transaction, decided under the write lock, with its audit
 * record. Two or more processes may work on one file on a local disk (not on a network disk: SQLite's locks do not hold there).
 * @module
 */
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
import type { SecretValue } from '../core/secret/secret-value.ts'
import { appendEvent, LocalAuditSink } from './audit-sink.ts'
import { checkId, checkValue, MAX_VALUE_BYTES } from './checks.ts'
import type { Database } from './database.ts'
import type { LocalKey } from './key.ts'
import { Ledger } from './ledger.ts'
import { personsPut } from './persons-put.ts'
import { queries, type SecretChange, secretRow, stateOf, summaryOf, versionRow, type WholeSecret } from './rows.ts'
import { holderOf } from './run-token.ts'
import type { Vault } from './vault.ts'

const PAGE = 500
/** A commit that took longer than this has its promotion stamped again. */
const SLOW_COMMIT_MS = 1_000

/** Made by `openLocalStore`. */
export class LocalStore implements SecretStore {
  readonly name = 'local'
  readonly capabilities = { publish: 'fenced', maxValueBytes: MAX_VALUE_BYTES, records: true } as const
  /** The audit trail in the same file. */
  readonly audit: LocalAuditSink
  readonly #database: Database
  readonly #vault: Vault
  readonly #ledger: Ledger
  readonly #clock: Clock

  constructor(database: Database, vault: Vault, clock: Clock) {
    this.#database = database
    this.#vault = vault
    this.#ledger = new Ledger(database, vault, clock)
    this.#clock = clock
    this.audit = new LocalAuditSink(database, clock)
  }

  async describe(id: SecretId, call: Call): Promise<SecretState | undefined> {
    const secret = await this.#database.read(call, () => this.#ledger.find(id))
    if (secret) this.#ledger.remember(id, call, secret.revision)
    return secret && stateOf(secret)
  }

  async read(
    id: SecretId,
    which: VersionId | { readonly pending: RotationId },
    call: Call,
  ): Promise<SecretVersion | undefined> {
    return this.#database.read(call, () => this.#version(id, which))
  }

  async unlabelled(id: SecretId, limit: number, call: Call): Promise<readonly SecretVersion[]> {
    const rows = await this.#database.read(call, () => {
      this.#ledger.get(id)
      return this.#database.sql(queries.unlabelled).all(id, limit)
    })
    return rows.map(row => this.#vault.open(id, versionRow(row)!))
  }

  async putPending(id: SecretId, draft: PendingDraft, call: Call): Promise<SecretVersion> {
    checkValue(id, draft.value)
    const { answer } = await this.#ledger.write<SecretVersion>(id, call, (secret, { early, late }) => {
      const { rotation } = draft
      if (secret.pending !== null && secret.pendingRotation === rotation)
        return { answer: this.#version(id, { pending: rotation })! }
      this.#refusePending(secret, draft)
      if (secret.pending !== null) this.#ledger.restage(id, secret.pending, null, late)
      return { answer: this.#ledger.insert(id, draft, 'pending', late, early), change: {} }
    })
    return answer
  }

  async promote(
    id: SecretId,
    move: { readonly rotation: RotationId; readonly base: VersionId; readonly request?: string },
    call: Call,
  ): Promise<{ readonly version: VersionId; readonly already: boolean }> {
    let stamp = 0
    const { answer: version, changed } = await this.#ledger.write(id, call, (secret, { early, late }) => {
      if (secret.currentRotation === move.rotation) return { answer: secret.current }
      const pending = promotable(secret, move)
      if (secret.previous !== null) this.#ledger.restage(id, secret.previous, null, late)
      this.#ledger.restage(id, secret.current, 'previous', late)
      this.#ledger.restage(id, pending, 'current', early)
      stamp = late
      return { answer: pending, change: promotion(secret, pending, move.request, late) }
    })
    if (changed) await this.#stampAgainIfSlow(id, version, stamp, call)
    return { version, already: !changed }
  }

  async discardPending(id: SecretId, rotation: RotationId, call: Call): Promise<void> {
    await this.#ledger.write(id, call, (secret, { late }) => {
      if (secret.pending === null || secret.pendingRotation !== rotation) return { answer: undefined }
      this.#requireSeen(secret, call)
      this.#ledger.restage(id, secret.pending, null, late)
      return { answer: undefined, change: { generation: secret.generation + 1 } }
    })
  }

  async claimRetire(id: SecretId, previous: VersionId, staleAfter: number, call: Call): Promise<void> {
    await this.#ledger.write(id, call, (secret, { early, late }) => {
      if (secret.previous !== previous) throw stale(id, 'That version is not previous any more.')
      if (secret.pending !== null) throw stale(id, 'A rotation is pending.')
      const { retiringSince, retiringBy } = secret
      const held = retiringSince !== null && retiringBy !== holderOf(call.run)
      if (held && early - retiringSince < staleAfter) throw stale(id, 'Another run retires this version.')
      return { answer: undefined, change: { retiringSince: late, retiringBy: holderOf(call.run) } }
    })
  }

  async retirePrevious(id: SecretId, previous: VersionId, call: Call): Promise<void> {
    await this.#ledger.write(id, call, (secret, { late }) => {
      if (secret.previous !== previous) return { answer: undefined }
      this.#ledger.restage(id, previous, null, late)
      return { answer: undefined, change: { retiringSince: null, retiringBy: null } }
    })
  }

  async note(id: SecretId, change: StateNote, call: Call): Promise<void> {
    await this.#ledger.write(id, call, secret => {
      this.#requireSeen(secret, call)
      if (change.setAt !== undefined && secret.pending !== null)
        this.#database.sql(SET_AT).run(Math.ceil(change.setAt), id, secret.pending)
      return { answer: undefined, change: noted(secret, change) }
    })
  }

  async *list(filter: { readonly prefix?: string }, call: Call): AsyncIterable<SecretSummary> {
    const { prefix = '' } = filter
    for (let after = ''; ; ) {
      const rows = await this.#database.read(call, () => this.#database.sql(queries.page).all(prefix, after, PAGE))
      for (const row of rows.map(row => secretRow(row)!)) {
        // Ids are in order, so those with the prefix stand together.
        if (!row.id.startsWith(prefix)) return
        yield summaryOf(row)
        after = row.id
      }
      if (rows.length < PAGE) return
    }
  }

  /**
   * Creates the secret, or is a person's edit: current moves at once, and nothing else does. Repeat: a further version.
   * `call.record` is written with it, its versions filled in, because nobody else knows them; without a record, a
   * `secret_created` by the user of the operating system.
   */
  async put(id: SecretId, value: SecretValue, call: Call): Promise<SecretVersion> {
    checkId(id)
    checkValue(id, value)
    return personsPut(this.#database, this.#ledger, { id, value }, call)
  }

  /** Creates the secret, on record like `put`. There is one already: it stays as it is. */
  async create(id: SecretId, value: SecretValue, call: Call): Promise<void> {
    checkId(id)
    checkValue(id, value)
    await personsPut(this.#database, this.#ledger, { id, value, ifAbsent: true }, call)
  }

  /** Current's version and value. Absent: undefined. */
  async get(id: SecretId, call: Call): Promise<SecretVersion | undefined> {
    return this.#database.read(call, () => this.#open(id, queries.current, id))
  }

  /**
   * Encrypts every value with `key`, all or none; answers how many. Interrupted: the old key still holds; call again.
   * Already done: 0, and the log is emptied again, which otherwise would keep values under the old key. From where the new
   * key is loaded next time is the caller's business; `rotateKeyFile` does both.
   */
  async rotateKey(key: LocalKey, call: Call): Promise<number> {
    const { record } = call
    const values = await this.#vault.rotateKey(key, call, () => record && appendEvent(this.#database, record))
    await this.#database.emptyLog(call)
    return values
  }

  /** Repeat: nothing. Calls afterwards: `store-unavailable`. */
  close(): void {
    this.#database.close()
  }

  #version(id: SecretId, which: VersionId | { readonly pending: RotationId }): SecretVersion | undefined {
    if (typeof which === 'string') return this.#open(id, queries.version, id, which)
    return this.#open(id, queries.pending, id, which.pending)
  }

  #open(id: SecretId, query: string, ...keys: readonly string[]): SecretVersion | undefined {
    const row = versionRow(this.#database.sql(query).get(...keys))
    return row && this.#vault.open(id, row)
  }

  #requireSeen({ id, revision }: WholeSecret, call: Call): void {
    if (this.#ledger.seen(id, call) === revision) return
    throw stale(id, 'The secret has changed since this run described it.')
  }

  #refusePending(secret: WholeSecret, { rotation, supersedes, base }: PendingDraft): void {
    const { id, pending, pendingRotation } = secret
    if (this.#database.sql(queries.ended).get(id, rotation))
      throw new RotationError('discarded', 'This rotation has already ended.', { secret: id })
    if (pending !== null && pendingRotation !== supersedes) throw stale(id, 'Another rotation is pending.')
    if (pending === null && supersedes) throw stale(id, 'The pending version to be replaced is gone.')
    if (secret.retiringSince !== null) throw stale(id, 'A retirement is under way.')
    if (secret.current !== base) throw stale(id, 'Current has moved.')
  }

  /**
   * Consumers see a promotion when it is committed, a moment after it was stamped. If the process slept in between (a closed
   * laptop, SIGSTOP), the grace would be counted from too early.
   */
  async #stampAgainIfSlow(id: SecretId, version: VersionId, stamp: Instant, call: Call): Promise<void> {
    const now = Math.ceil(this.#clock.now())
    if (now - stamp <= SLOW_COMMIT_MS) return
    // The call's own deadline may be what the sleep has used up.
    const bounds = { signal: call.signal, deadline: Math.max(call.deadline, now + SLOW_COMMIT_MS) }
    await this.#database.write(bounds, () => this.#database.sql(STAMP_AGAIN).run({ now, id, version }))
  }
}

const SET_AT = 'UPDATE versions SET set_at = ? WHERE secret = ? AND version = ?'
const STAMP_AGAIN = `
  UPDATE secrets SET promoted_at = max(promoted_at, :now), latest = max(latest, :now)
  WHERE id = :id AND left_current = :version`

function promotable(secret: WholeSecret, move: { readonly rotation: RotationId; readonly base: VersionId }): VersionId {
  const { id, pending, pendingRotation, pendingBase, current } = secret
  if (pending === null || pendingRotation !== move.rotation) throw stale(id, 'This rotation is not pending.')
  // Both: a caller that took its base from a later look must not bury what a person did in between.
  if (current === move.base && current === pendingBase) return pending
  throw new RotationError('conflict', 'Current was changed during the rotation.', { secret: id })
}

function promotion(secret: WholeSecret, left: VersionId, request: string | undefined, at: Instant): SecretChange {
  const { generation } = secret
  const cleared = { attempts: 0, halted: null }
  return { ...cleared, left, promotedAt: at, generation: generation + 1, request: request ?? null }
}

function noted(secret: WholeSecret, change: StateNote): SecretChange {
  const { attempts = secret.attempts, halted = secret.halted, epoch = 0, issuing } = change
  const kept = issuing === undefined ? secret.issuing : issuing && JSON.stringify(issuing)
  const promotedAt = secret.promotedAt ?? change.promotedAt ?? null
  return { promotedAt, attempts, halted, epoch: Math.max(secret.epoch, epoch), issuing: kept }
}

const stale = (secret: SecretId, message: string): RotationError => new RotationError('stale', message, { secret })
