/**
 * What the server knows about a login and about the limits of its profile.
 * @module
 */
import { RotationError } from '../../errors.ts'
import type { Duration } from '../../ports/clock.ts'
import type { Session } from './session.ts'

export interface Account {
  /** `OPEN`, `OPEN & IN ROLLOVER`, `LOCKED(TIMED)`, … */
  readonly status: string
  /** Two passwords log in. */
  readonly inRollover: boolean
  /** Made by Oracle itself. */
  readonly maintained: boolean
  /** Undefined where the login asks about itself: it cannot see it. */
  readonly profile: string | undefined
  /** How long two passwords log in after a change; 0: a change ends the old one at once. */
  readonly window: Duration
  /** Whether a password that was used before, or that resembles the last one, may be refused. */
  readonly remembers: boolean
}

const LIMITS = ['PASSWORD_ROLLOVER_TIME', 'PASSWORD_REUSE_TIME', 'PASSWORD_REUSE_MAX', 'PASSWORD_VERIFY_FUNCTION']

const columns = (limit: (resource: string) => string, profile: string): string =>
  `SELECT u.account_status AS "status", u.oracle_maintained AS "maintained", ${profile} AS "profile",
  ${LIMITS.map(resource => `(${limit(resource)}) AS "${resource}"`).join(',\n  ')}`

/** Every login may ask this about itself; the limits are those in effect. */
const OWN = `${columns(
  resource => `SELECT l.limit FROM user_password_limits l WHERE l.resource_name = '${resource}'`,
  'NULL',
)}
FROM user_users u`

const ANY = `${columns(
  resource => `SELECT DECODE(p.limit, 'DEFAULT', d.limit, p.limit) FROM dba_profiles p, dba_profiles d
    WHERE p.profile = u.profile AND d.profile = 'DEFAULT' AND p.resource_name = '${resource}' AND d.resource_name = p.resource_name`,
  'u.profile',
)}
FROM dba_users u WHERE u.username = :name`

export async function ownAccount(session: Session): Promise<Account> {
  const [row] = await session.query(OWN)
  if (row === undefined)
    throw new RotationError('unsupported', 'The server shows nothing about the login.', { at: session.endpoint.name })
  return accountOf(row)
}

/** As the admin; undefined if there is no such login. */
export async function anyAccount(admin: Session, name: string): Promise<Account | undefined> {
  const [row] = await admin.query(ANY, { name })
  return row === undefined ? undefined : accountOf(row)
}

function accountOf(row: Readonly<Record<string, unknown>>): Account {
  const status = String(row.status)
  const limit = (resource: string) => String(row[resource] ?? 'NULL')
  const days = Number(limit('PASSWORD_ROLLOVER_TIME'))
  const free = (resource: string, ...values: readonly string[]) => ['NULL', ...values].includes(limit(resource))
  return {
    status,
    inRollover: status.includes('IN ROLLOVER'),
    maintained: row.maintained === 'Y',
    profile: typeof row.profile === 'string' ? row.profile : undefined,
    window: Number.isFinite(days) && days > 0 ? Math.round(days * 86_400_000) : 0,
    remembers:
      !(free('PASSWORD_REUSE_TIME', 'UNLIMITED') && free('PASSWORD_REUSE_MAX', 'UNLIMITED')) ||
      !free('PASSWORD_VERIFY_FUNCTION'),
  }
}

/** Refuses a login of Oracle's own. */
export function requireOurs({ maintained }: Account, at: string): void {
  if (maintained)
    throw new RotationError('unsupported', 'The login is not rotated: Oracle itself maintains it.', { at })
}
