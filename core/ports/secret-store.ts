/**
 * Where versions live. The contract of every store, cloud or local: what each call answers on repeat, on absence and on denial.
 * `storeConformance` in `core/testing` holds one case for each sentence.
 * @module
 */
import type { AuditEvent } from '../audit/event.ts'
import type { SecretValue } from '../secret/secret-value.ts'
import type { Instant } from './clock.ts'

/** The store's name for a secret. */
export type SecretId = string
/** Names one rotation on every store, through every retry: made by the engine from (secret, base version, generation). */
export type RotationId = string & { readonly _: 'rotation' }
/** The store's name for a version: comes out of answers only; never made, sorted, or compared across stores. Promotion may change it. */
export type VersionId = string & { readonly _: 'version' }

/** One call of one run. */
export interface Call {
  readonly signal: AbortSignal
  readonly deadline: Instant
  /** The run's identity: adapters memoise in a WeakMap under it what this run has read. */
  readonly run: object
  /** Written with the change in one transaction where `capabilities.records`; elsewhere the engine sends it to the audit sink. */
  readonly record?: AuditEvent
  /**
   * What the caller will do with the answer of `describe`, where one step of a rotation is all that is run: `values` reads current
   * and pending, `stages` promotes. Stores that learn these in fewer calls may leave the rest of the state out; others ignore it.
   */
  readonly only?: 'values' | 'stages'
}

export interface PendingState {
  readonly rotation: RotationId
  /** The version that this pending was derived from. Undefined: derived from nothing we see. */
  readonly base?: VersionId
  /** False: somebody else's. It is never touched. */
  readonly ours: boolean
  /** When it was brought; never too early. */
  readonly since: Instant
  /** Consumers have seen it, the record is behind: promote again, nothing else. */
  readonly published: boolean
  /** When `set` was last noted: as done (targets that need time to settle), or as about to be sent once more. Never too early. */
  readonly setAt?: Instant
}

export interface SecretState {
  readonly current: {
    readonly version: VersionId
    readonly rotation?: RotationId
    /** When consumers could first read it; never too late (being due is computed from it). */
    readonly since: Instant
  }
  /** Replaced by the last rotation and not yet ended. Not "the version before": a person's edit does not move it. */
  readonly previous?: { readonly version: VersionId }
  readonly pending?: PendingState
  /** When its retirement was claimed; never too early. */
  readonly retiring?: Instant
  /** Current is not what the last rotation left: newer and foreign, or an older one of ours. */
  readonly anomaly?: 'edited' | 'regressed'
  /** When the last rotation was promoted; never too early (grace is computed from it). */
  readonly promotedAt?: Instant
  /** Failed tries since the last promote. */
  readonly attempts: number
  /** Grows at every discard: the pair of current's version and this never comes back, so no rotation id is ever made twice. */
  readonly generation: number
  /** Why rotations of this secret are stopped until a person acts. */
  readonly halted?: string
  readonly epoch: number
  /** What asked for the last promote. */
  readonly request?: string
  /** Issuing targets: the keys that were alive before `rotation` asked for one more. Stays until the next note. */
  readonly issuing?: { readonly rotation: RotationId; readonly since: Instant; readonly keys: readonly string[] }
}

export interface SecretVersion {
  readonly version: VersionId
  readonly rotation?: RotationId
  readonly createdAt?: Instant
  readonly value: SecretValue | 'disabled'
}

export interface PendingDraft {
  readonly rotation: RotationId
  readonly base: VersionId
  readonly value: SecretValue
  /** Replaces that pending in the same conditional write; its version stays readable through `unlabelled`. */
  readonly supersedes?: RotationId
}

export interface StateNote {
  readonly attempts?: number
  readonly halted?: string | null
  readonly epoch?: number
  readonly setAt?: Instant
  /** Only where none is on record. */
  readonly promotedAt?: Instant
  readonly issuing?: { readonly rotation: RotationId; readonly since: Instant; readonly keys: readonly string[] } | null
}

export interface SecretSummary {
  readonly id: SecretId
  readonly inFlight: boolean | 'unknown'
  readonly changedAt?: Instant
  readonly promotedAt?: Instant
  readonly halted?: string
  /** When consumers could first read current; never too late, perhaps far too early. Absent: a listing does not tell. */
  readonly since?: Instant
  /** Whether what the last rotation replaced is not ended yet. Absent: a listing does not tell. */
  readonly previous?: boolean
}

/**
 * Everywhere: denial is `access-denied` naming the permission. Denied, disabled, not yet readable and unknown are never absence.
 * `stale`: decided on a state that has moved; describe again. `conflict`: a person changed current; stop.
 * `unknown`: no answer; call again, it is safe. `store-unavailable`: nothing was done.
 * A failed write is no proof that it was not applied; an adapter undoes only what a re-read shows to be referenced nowhere.
 */
export interface SecretStore {
  readonly name: string
  readonly capabilities: {
    /** A late promotion, or one over a fresh edit, is: refused (AWS, GCP alias, local), reported (GCP latest), not seen (Key Vault). */
    readonly publish: 'fenced' | 'reported' | 'blind'
    readonly maxValueBytes: number
    /** Whether `Call.record` is written in the same transaction as the change. */
    readonly records: boolean
  }
  /** What consumers read first, the record last; no values, no repairs. Absent: undefined. */
  describe(id: SecretId, call: Call): Promise<SecretState | undefined>
  /** By id, never by stage. Absent: undefined; an id that describe named and the store does not show yet: `busy`. */
  read(
    id: SecretId,
    which: VersionId | { readonly pending: RotationId },
    call: Call,
  ): Promise<SecretVersion | undefined>
  /** Versions of ours that carry no stage, newest first, at most `limit`. */
  unlabelled(id: SecretId, limit: number, call: Call): Promise<readonly SecretVersion[]>
  /**
   * Durable, invisible, and pinned by a conditional write made in this run; only then may the target be touched.
   * The first value wins: the answer is what the rotation HAS, perhaps another worker's. Repeat: the same answer.
   * Other pending (unless superseded), retiring, base not current: `stale`. This rotation was promoted or discarded: `discarded`.
   */
  putPending(id: SecretId, draft: PendingDraft, call: Call): Promise<SecretVersion>
  /**
   * Publish, then record: current becomes the pending version, previous becomes the base, attempts and halted are cleared,
   * promotedAt is now. Repeat or already current: the same answer, `already`.
   * Not pending: `stale`. Base not current, or not pending's own base: `conflict`, nothing published.
   */
  promote(
    id: SecretId,
    move: { readonly rotation: RotationId; readonly base: VersionId; readonly request?: string },
    call: Call,
  ): Promise<{ readonly version: VersionId; readonly already: boolean; readonly overwrote?: readonly VersionId[] }>
  /**
   * Only what the target refused in this run, or refuses after `since` + a run's life. Generation grows. Not pending: nothing.
   * Conditional on this run's last describe, moved since: `stale`; so one that lands late cannot take a pending away that a
   * later run has touched and set.
   */
  discardPending(id: SecretId, rotation: RotationId, call: Call): Promise<void>
  /**
   * Before the target is touched: conditional; excludes putPending. Own repeat (same `call.run`), or a claim older than
   * `staleAfter`: taken over. Claimed by another, pending present, or not previous: `stale`.
   */
  claimRetire(id: SecretId, previous: VersionId, staleAfter: number, call: Call): Promise<void>
  /** After the credential was ended: the version keeps its value where the store can, and is nobody's previous. Never what consumers read. Repeat, absent: nothing. */
  retirePrevious(id: SecretId, previous: VersionId, call: Call): Promise<void>
  /** For `regressed`: touch the record, look again, publish the recorded current. Absent method: cannot happen here. */
  republish?(id: SecretId, call: Call): Promise<void>
  /**
   * Conditional on this run's last describe: moved since, other than by this run itself: `stale`. An epoch never falls.
   * `setAt` without pending: nothing.
   */
  note(id: SecretId, change: StateNote, call: Call): Promise<void>
  /** Hints, minutes old; describe before acting. Never siblings. */
  list(filter: { readonly prefix?: string }, call: Call): AsyncIterable<SecretSummary>
}
