/**
 * What a store without stages of its own keeps about a secret: one small record beside the versions, replaced by a conditional
 * write. The rules of the store port that concern the record are here, pure; where versions live is the adapter's business.
 * @module
 */
import { RotationError } from '../errors.ts'
import type { Duration, Instant } from '../ports/clock.ts'
import type { PendingDraft, RotationId, SecretState, StateNote, VersionId } from '../ports/secret-store.ts'

export interface PendingEntry {
  readonly rotation: RotationId
  /** Where the adapter finds its value. */
  readonly version: VersionId
  readonly base: VersionId
  readonly since: Instant
  readonly setAt?: Instant
}

export interface Ledger {
  /** How often it was written, where reads may be old: one with fewer is an older state. */
  readonly writes?: number
  readonly generation: number
  readonly epoch: number
  readonly attempts: number
  readonly halted?: string
  readonly request?: string
  readonly promotedAt?: Instant
  /** What the last rotation left as current. */
  readonly left?: { readonly version: VersionId; readonly rotation: RotationId; readonly since: Instant }
  readonly previous?: VersionId
  readonly pending?: PendingEntry
  readonly retiring?: { readonly since: Instant; readonly holder: string }
  readonly issuing?: NonNullable<SecretState['issuing']>
  /** Rotations that were promoted, discarded or superseded, with what they brought; the newest last. */
  readonly ended: readonly { readonly rotation: RotationId; readonly version: VersionId }[]
}

export const emptyLedger: Ledger = { generation: 0, epoch: 0, attempts: 0, ended: [] }

const FORMAT = 1
/** A rotation that ended longer ago than this many others cannot still have a run at work. */
const REMEMBERED = 12

export const writeLedger = (ledger: Ledger): string => JSON.stringify({ lockstep: FORMAT, ...ledger })

/** Absent: empty. Not ours, damaged, or of a newer Lockstep: `store-corrupt`, and it is left as it is. */
export function parseLedger(text: string | undefined, secret: string): Ledger {
  if (text === undefined) return emptyLedger
  try {
    const { lockstep, ...ledger } = JSON.parse(text) as { lockstep?: unknown } & Ledger
    if (lockstep === FORMAT && Array.isArray(ledger.ended)) return { ...emptyLedger, ...ledger }
  } catch {}
  throw new RotationError('store-corrupt', 'The record that Lockstep keeps of this secret cannot be understood.', {
    secret,
    next: 'It was changed by somebody, or written by a newer Lockstep: install that, or restore the record.',
  })
}

/** What consumers read, as the adapter has seen it. */
export interface CurrentSeen {
  readonly version: VersionId
  readonly since: Instant
}

export function stateOf(ledger: Ledger, current: CurrentSeen, published = false): SecretState {
  const { left, previous, pending, retiring, promotedAt, halted, request, issuing, attempts, generation, epoch } =
    ledger
  const isLeft = left?.version === current.version
  return {
    current: { version: current.version, since: current.since, ...(isLeft && { rotation: left.rotation }) },
    ...(previous && { previous: { version: previous } }),
    ...(pending && { pending: pendingState(pending, published) }),
    ...(retiring && { retiring: retiring.since }),
    ...(left && !isLeft && !published && { anomaly: 'edited' as const }),
    ...(promotedAt !== undefined && { promotedAt }),
    attempts,
    generation,
    ...(halted !== undefined && { halted }),
    epoch,
    ...(request !== undefined && { request }),
    ...(issuing && { issuing }),
  }
}

const pendingState = ({ rotation, base, since, setAt }: PendingEntry, published: boolean) => ({
  rotation,
  base,
  ours: true,
  since,
  published,
  ...(setAt !== undefined && { setAt }),
})

/** Whether a draft may be pinned; refused with `stale` or `discarded`. */
export function requirePinnable(
  { pending, retiring, ended, left }: Ledger,
  { rotation, base, supersedes }: PendingDraft,
  current: VersionId,
): void {
  if (ended.some(end => end.rotation === rotation) || left?.rotation === rotation)
    throw new RotationError('discarded', 'This rotation has already ended.')
  if (pending && pending.rotation !== supersedes) throw stale('Another rotation is pending.')
  if (supersedes && !pending) throw stale('The pending version to be replaced is gone.')
  if (retiring) throw stale('A retirement is under way.')
  if (current !== base) throw stale('Current has moved.')
}

export const pinned = (ledger: Ledger, pending: PendingEntry): Ledger => ({
  ...ledger,
  pending,
  ...(ledger.pending && { ended: remember(ledger, ledger.pending) }),
})

/** The pending entry that is to be published. Not pending: `stale`. Base not current, or not pending's own: `conflict`. */
export function requirePromotable(
  { pending }: Ledger,
  { rotation, base }: { readonly rotation: RotationId; readonly base: VersionId },
  current: VersionId,
): PendingEntry {
  if (pending?.rotation !== rotation) throw stale('This rotation is not pending.')
  if (current === base && pending.base === base) return pending
  throw new RotationError('conflict', 'Current was changed during the rotation.')
}

/** `version`: what current is called from now on. */
export function promoted(
  ledger: Ledger,
  entry: PendingEntry,
  version: VersionId,
  request: string | undefined,
  at: Instant,
): Ledger {
  const { pending: _, halted: __, request: ___, retiring: ____, ...rest } = ledger
  return {
    ...rest,
    left: { version, rotation: entry.rotation, since: Math.floor(at) },
    previous: entry.base,
    // A clock that went back must not make a grace end early.
    promotedAt: Math.max(Math.ceil(at), ledger.promotedAt ?? 0),
    attempts: 0,
    generation: ledger.generation + 1,
    ended: remember(ledger, { rotation: entry.rotation, version }),
    ...(request !== undefined && { request }),
  }
}

/** Not pending: the same ledger. */
export function discarded(ledger: Ledger, rotation: RotationId): Ledger {
  const { pending, ...rest } = ledger
  if (pending?.rotation !== rotation) return ledger
  return { ...rest, generation: ledger.generation + 1, ended: remember(ledger, pending) }
}

export interface Claim {
  readonly previous: VersionId
  readonly holder: string
  readonly staleAfter: Duration
  readonly now: Instant
}

export function claimed(ledger: Ledger, { previous, holder, staleAfter, now }: Claim): Ledger {
  const { retiring, pending } = ledger
  if (ledger.previous !== previous) throw stale('That version is not previous any more.')
  if (pending) throw stale('A rotation is pending.')
  if (retiring && retiring.holder !== holder && now - retiring.since < staleAfter)
    throw stale('Another run retires this version.')
  return { ...ledger, retiring: { since: Math.ceil(now), holder } }
}

/** Not previous: the same ledger. */
export function retired(ledger: Ledger, previous: VersionId): Ledger {
  if (ledger.previous !== previous) return ledger
  const { previous: _, retiring: __, ...rest } = ledger
  return rest
}

export function noted(ledger: Ledger, change: StateNote): Ledger {
  const { attempts = ledger.attempts, epoch = 0, setAt, promotedAt } = change
  const { halted: formerly, issuing: known, ...rest } = ledger
  const halted = change.halted === undefined ? formerly : (change.halted ?? undefined)
  const issuing = change.issuing === undefined ? known : (change.issuing ?? undefined)
  const since = ledger.promotedAt ?? promotedAt
  return {
    ...rest,
    attempts,
    epoch: Math.max(ledger.epoch, epoch),
    ...(halted !== undefined && { halted }),
    ...(issuing && { issuing }),
    ...(since !== undefined && { promotedAt: since }),
    ...(ledger.pending && setAt !== undefined && { pending: { ...ledger.pending, setAt: Math.ceil(setAt) } }),
  }
}

/** The rotation that brought a version, as far as it is remembered. */
export function rotationOf({ left, pending, ended }: Ledger, version: VersionId): RotationId | undefined {
  if (left?.version === version) return left.rotation
  if (pending?.version === version) return pending.rotation
  return ended.find(end => end.version === version)?.rotation
}

const remember = ({ ended }: Ledger, { rotation, version }: { rotation: RotationId; version: VersionId }) =>
  [...ended.filter(end => end.rotation !== rotation), { rotation, version }].slice(-REMEMBERED)

const stale = (message: string): RotationError => new RotationError('stale', message)
