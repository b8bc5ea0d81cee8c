/**
 * What a server knows about a login (or about a user of a contained database), and which are never rotated.
 * @module
 */
import { RotationError } from '../../errors.ts'
import type { Context } from './options.ts'
import { literal } from './quote.ts'
import type { Row } from './session.ts'

export interface LoginFacts {
  readonly name: string
  readonly disabled: boolean
  readonly locked: boolean
  /** Its password has expired, or is one that its first user must change. */
  readonly mustChange: boolean
  readonly expires: boolean
  readonly privileged: boolean
  readonly policy: boolean
}

/** The server's clock rides along: a change is told when it would be too late, by that clock. */
export const SERVER_TIME = 'CONVERT(nvarchar(33), SYSUTCDATETIME(), 126) AS server_time'

/** One row, or none where there is no such login with a password. */
export const factsQuery = (context: Context, name: string): string =>
  context.contained === true
    ? `SELECT p.name, 0 AS disabled, 0 AS locked, 0 AS must_change, 0 AS expires, 1 AS policy,
  CASE WHEN p.principal_id <= 4 THEN 1 ELSE 0 END AS privileged, ${SERVER_TIME}
FROM sys.database_principals AS p WHERE p.name = ${literal(name)} AND p.type = 'S' AND p.authentication_type = 2`
    : `SELECT l.name, CONVERT(int, l.is_disabled) AS disabled,
  CONVERT(int, LOGINPROPERTY(l.name, 'IsLocked')) AS locked,
  CASE WHEN LOGINPROPERTY(l.name, 'IsMustChange') = 1 OR LOGINPROPERTY(l.name, 'IsExpired') = 1 THEN 1 ELSE 0 END AS must_change,
  CONVERT(int, l.is_expiration_checked) AS expires, CONVERT(int, l.is_policy_checked) AS policy,
  CASE WHEN l.sid = 0x01 OR IS_SRVROLEMEMBER('sysadmin', l.name) = 1 OR IS_SRVROLEMEMBER('securityadmin', l.name) = 1
    THEN 1 ELSE 0 END AS privileged, ${SERVER_TIME}
FROM sys.sql_logins AS l WHERE l.name = ${literal(name)}`

export function loginFacts(row: Row | undefined): LoginFacts | undefined {
  if (row === undefined) return undefined
  return {
    name: row.name as string,
    disabled: row.disabled === 1,
    locked: row.locked === 1,
    mustChange: row.must_change === 1,
    expires: row.expires === 1,
    privileged: row.privileged === 1,
    policy: row.policy === 1,
  }
}

/** Logins of the server itself, and the administrators that Azure and Amazon RDS make. */
const RESERVED = /^(##.*##|sa|rdsa|dbo|guest|sys|information_schema)$/i

/** Why a login of this kind is never rotated; undefined if it is. */
export function unsupportedKind({ name, privileged }: LoginFacts): string | undefined {
  if (RESERVED.test(name)) return 'it is one of the server itself'
  return privileged ? 'it administers the server (sysadmin, securityadmin)' : undefined
}

/** Refuses a login that nobody should change through us. */
export function requireOurs(facts: LoginFacts, at: string): void {
  const kind = unsupportedKind(facts)
  if (kind !== undefined) throw new RotationError('unsupported', `The login is not rotated: ${kind}.`, { at })
}

/** Refuses a login to which a new password would be of no use. A new password unlocks nothing and enables nothing. */
export function requireUsable({ disabled, locked }: LoginFacts, at: string): void {
  if (disabled || locked)
    throw new RotationError('login-locked', `The login to change is ${disabled ? 'disabled' : 'locked out'}.`, { at })
}
