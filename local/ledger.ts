/**
 * Reading and changing one secret's rows: the unit that every method of the store is made of.
 * @module
 */
import { randomBytes } from 'node:crypto'
import { RotationError } from '../core/errors.ts'
import type { Clock, Instant } from '../core/ports/clock.ts'
import type { Call, RotationId, SecretId, SecretVersion, VersionId } from '../core/ports/secret-store.ts'
import type { SecretValue } from '../core/secret/secret-value.ts'
import { appendEvent } from './audit-sink.ts'
import type { Database } from './database.ts'
import { given, queries, type SecretChange, type SecretRow, secretRow, type WholeSecret } from './rows.ts'
import type { Vault } from './vault.ts'

/** The two readings of "now" within a write. */
export interface Stamps {
  /** For what must never be too late: the clock, before the commit. */
  readonly early: Instant
  /** For what must never be too early: never behind any stamp given before, even if the clock went back. */
  readonly late: Instant
}

/** What a write decided: its answer and, if anything changes, which columns of the secret. */
export interface Decision<T> {
  readonly answer: T
  readonly change?: SecretChange
}

/** A version to be inserted. */
export interface Draft {
  readonly value: SecretValue
  readonly rotation?: RotationId
  readonly base?: VersionId
}

export class Ledger {
  readonly #database: Database
  readonly #vault: Vault
  readonly #clock: Clock
  /** The revision of each secret that a run has seen or made: what `note` and `discardPending` are conditional on. */
  readonly #seen = new WeakMap<object, Map<SecretId, number>>()

  constructor(database: Database, vault: Vault, clock: Clock) {
    this.#database = database
    this.#vault = vault
    this.#clock = clock
  }

  /** One indexed query. Absent: undefined. Without a current version: `store-corrupt`, which is not absence. */
  find(id: SecretId): WholeSecret | undefined {
    const row = secretRow(this.#database.sql(queries.secret).get(id))
    if (row && row.current === null)
      throw new RotationError('store-corrupt', 'The secret has no current version.', { secret: id })
    return row as WholeSecret | undefined
  }

  /** Absent: `secret-not-found`. */
  get(id: SecretId): WholeSecret {
    const secret = this.find(id)
    if (secret) return secret
    throw new RotationError('secret-not-found', `The store has no secret ${id}.`, {
      secret: id,
      at: this.#database.file,
    })
  }

  /** Decides under the write lock, on the rows as they are then. A change and its audit record are one transaction. */
  async write<T>(
    id: SecretId,
    call: Call,
    decide: (secret: WholeSecret, stamps: Stamps) => Decision<T>,
  ): Promise<{ readonly answer: T; readonly changed: boolean }> {
    let before = 0
    const decision = await this.#database.write(call, () => {
      const secret = this.get(id)
      before = secret.revision
      const stamps = this.stamps(secret)
      const decided = decide(secret, stamps)
      if (decided.change) this.#apply({ ...secret, ...decided.change }, stamps)
      if (decided.change && call.record) appendEvent(this.#database, call.record)
      return decided
    })
    const changed = decision.change !== undefined
    // What another run changed in between stays unseen: only a describe may make up for that.
    if (changed && this.seen(id, call) === before) this.remember(id, call, before + 1)
    return { answer: decision.answer, changed }
  }

  stamps(secret?: SecretRow): Stamps {
    const now = this.#clock.now()
    return { early: Math.floor(now), late: Math.max(Math.ceil(now), secret?.latest ?? 0) }
  }

  /** Within a transaction. Random ids: nothing can be read from their order. */
  insert(id: SecretId, draft: Draft, stage: 'current' | 'pending', at: Instant, createdAt: Instant): SecretVersion {
    const version = `v-${randomBytes(12).toString('hex')}` as VersionId
    const { value, rotation = null, base = null } = draft
    const { keyId, sealed } = this.#vault.seal(value, { secret: id, version })
    this.#database.sql(INSERT_VERSION).run({ id, version, rotation, base, stage, at, createdAt, keyId, sealed })
    return { version, ...given({ rotation }), createdAt, value }
  }

  /** Within a transaction. The schema refuses a second version in one stage, so the old one moves first. */
  restage(id: SecretId, version: VersionId, stage: 'current' | 'previous' | null, at: Instant): void {
    this.#database
      .sql('UPDATE versions SET stage = ?, staged_at = ? WHERE secret = ? AND version = ?')
      .run(stage, at, id, version)
  }

  seen(id: SecretId, call: Call): number | undefined {
    return this.#seen.get(call.run)?.get(id)
  }

  remember(id: SecretId, call: Call, revision: number): void {
    const seen = this.#seen.get(call.run) ?? new Map<SecretId, number>()
    this.#seen.set(call.run, seen.set(id, revision))
  }

  #apply(secret: SecretRow, { late }: Stamps): void {
    const { id, generation, attempts, epoch, halted, request, left, promotedAt, issuing } = secret
    const { retiringSince, retiringBy } = secret
    const counted = { id, generation, attempts, epoch, late }
    this.#database
      .sql(UPDATE_SECRET)
      .run({ ...counted, halted, request, left, promotedAt, issuing, retiringSince, retiringBy })
  }
}

const INSERT_VERSION = `
  INSERT INTO versions (secret, version, rotation, base, stage, staged_at, created_at, key_id, sealed)
  VALUES (:id, :version, :rotation, :base, :stage, :at, :createdAt, :keyId, :sealed)`

const UPDATE_SECRET = `
  UPDATE secrets SET revision = revision + 1, latest = :late, generation = :generation, attempts = :attempts,
    epoch = :epoch, halted = :halted, request = :request, left_current = :left, promoted_at = :promotedAt,
    retiring_since = :retiringSince, retiring_by = :retiringBy, issuing = :issuing
  WHERE id = :id`
