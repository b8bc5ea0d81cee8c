/**
 * What the tables say, as the port's types.
 * @module
 */
import type { SQLOutputValue } from 'node:sqlite'
import type {
  PendingState,
  RotationId,
  SecretId,
  SecretState,
  SecretSummary,
  VersionId,
} from '../core/ports/secret-store.ts'

/** One secret with its staged versions: what one indexed query answers. */
export interface SecretRow {
  readonly id: SecretId
  readonly revision: number
  readonly latest: number
  readonly generation: number
  readonly attempts: number
  readonly epoch: number
  readonly halted: string | null
  readonly request: string | null
  readonly left: VersionId | null
  readonly promotedAt: number | null
  readonly retiringSince: number | null
  readonly retiringBy: string | null
  /** JSON. */
  readonly issuing: string | null
  /** Null only in a damaged file. */
  readonly current: VersionId | null
  readonly currentRotation: RotationId | null
  readonly currentSince: number
  readonly previous: VersionId | null
  readonly pending: VersionId | null
  readonly pendingRotation: RotationId
  readonly pendingBase: VersionId
  readonly pendingSince: number
  readonly pendingSetAt: number | null
}

/** A secret as it must be. */
export type WholeSecret = SecretRow & { readonly current: VersionId }

/** The columns of `secrets` that a change may set; the rest is the store's bookkeeping. */
export type SecretChange = Partial<
  Pick<
    SecretRow,
    | 'generation'
    | 'attempts'
    | 'epoch'
    | 'halted'
    | 'request'
    | 'left'
    | 'promotedAt'
    | 'retiringSince'
    | 'retiringBy'
    | 'issuing'
  >
>

export interface VersionRow {
  readonly version: VersionId
  readonly rotation: RotationId | null
  readonly createdAt: number
  readonly keyId: string
  readonly sealed: Uint8Array
}

const SELECT_SECRET = `
  SELECT s.id, s.revision, s.latest, s.generation, s.attempts, s.epoch, s.halted, s.request, s.left_current AS left,
    s.promoted_at AS promotedAt, s.retiring_since AS retiringSince, s.retiring_by AS retiringBy, s.issuing,
    c.version AS current, c.rotation AS currentRotation, c.staged_at AS currentSince,
    r.version AS previous,
    p.version AS pending, p.rotation AS pendingRotation, p.base AS pendingBase, p.staged_at AS pendingSince,
    p.set_at AS pendingSetAt
  FROM secrets s
    LEFT JOIN versions c ON c.secret = s.id AND c.stage = 'current'
    LEFT JOIN versions r ON r.secret = s.id AND r.stage = 'previous'
    LEFT JOIN versions p ON p.secret = s.id AND p.stage = 'pending'`

const SELECT_VERSION = 'SELECT version, rotation, created_at AS createdAt, key_id AS keyId, sealed FROM versions'

export const queries = {
  secret: `${SELECT_SECRET} WHERE s.id = ?`,
  page: `${SELECT_SECRET} WHERE s.id >= ? AND s.id > ? ORDER BY s.id LIMIT ?`,
  version: `${SELECT_VERSION} WHERE secret = ? AND version = ?`,
  pending: `${SELECT_VERSION} WHERE secret = ? AND stage = 'pending' AND rotation = ?`,
  current: `${SELECT_VERSION} WHERE secret = ? AND stage = 'current'`,
  unlabelled: `${SELECT_VERSION} WHERE secret = ? AND stage IS NULL ORDER BY seq DESC LIMIT ?`,
  ended: 'SELECT 1 FROM versions WHERE secret = ? AND rotation = ?',
} as const

type Row = Record<string, SQLOutputValue>

/** The queries above name their columns as these types do; STRICT tables keep the types. */
export const secretRow = (row: Row | undefined): SecretRow | undefined => row as unknown as SecretRow | undefined
export const versionRow = (row: Row | undefined): VersionRow | undefined => row as unknown as VersionRow | undefined

export function stateOf(row: WholeSecret): SecretState {
  const current = {
    version: row.current,
    ...given({ rotation: row.currentRotation }),
    since: row.currentSince,
  }
  const { promotedAt, retiringSince: retiring, halted, request } = row
  return {
    current,
    ...(row.previous !== null && { previous: { version: row.previous } }),
    ...(row.pending !== null && { pending: pendingOf(row) }),
    ...(row.left !== null && row.left !== row.current && { anomaly: 'edited' as const }),
    ...given({ retiring, promotedAt, halted, request }),
    ...(row.issuing !== null && { issuing: JSON.parse(row.issuing) as NonNullable<SecretState['issuing']> }),
    attempts: row.attempts,
    generation: row.generation,
    epoch: row.epoch,
  }
}

export function summaryOf(row: SecretRow): SecretSummary {
  const { id, promotedAt, halted } = row
  const inFlight = row.pending !== null || row.retiringSince !== null
  const edited = row.left !== null && row.left !== row.current && promotedAt !== null
  const since = edited ? promotedAt : row.currentSince
  return {
    id,
    inFlight,
    changedAt: row.currentSince,
    previous: row.previous !== null,
    ...given({ promotedAt, halted, since }),
  }
}

function pendingOf(row: SecretRow): PendingState {
  const { pendingRotation: rotation, pendingBase: base, pendingSince: since } = row
  // Only this store writes the file, and a publish is one transaction: nobody else's, and never half published.
  return { rotation, base, ours: true, since, published: false, ...given({ setAt: row.pendingSetAt }) }
}

type Given<T> = { [K in keyof T]?: NonNullable<T[K]> }

/** Without the columns that are NULL. */
export function given<T extends object>(columns: T): Given<T> {
  return Object.fromEntries(Object.entries(columns).filter(([, value]) => value !== null)) as Given<T>
}
