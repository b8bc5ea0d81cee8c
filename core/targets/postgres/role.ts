/**
 * What the server knows about a login, and which logins are never rotated.
 * @module
 */
import { RotationError } from '../../errors.ts'
import { foreignMark } from '../common/mark.ts'
import type { Context } from './options.ts'
import type { Row } from './session.ts'

export interface RoleFacts {
  readonly name: string
  readonly superuser: boolean
  readonly replication: boolean
  readonly bypassRls: boolean
  readonly canLogin: boolean
  readonly connectionLimit: number
  /** By the server's clock. */
  readonly expired: boolean
  readonly expiresSoon: boolean
  readonly comment: string | undefined
}

/** The role named by a quoted literal or by `session_user`; no row if there is none. Readable by every login. */
export const factsQuery = (name: string): string => `
  SELECT r.rolname::text AS name, r.rolsuper AS superuser, r.rolreplication AS replication, r.rolbypassrls AS bypass_rls,
    r.rolcanlogin AS can_login, r.rolconnlimit AS connection_limit,
    coalesce(r.rolvaliduntil <= pg_catalog.clock_timestamp(), false) AS expired,
    coalesce(r.rolvaliduntil <= pg_catalog.clock_timestamp() + interval '7 days', false) AS expires_soon,
    pg_catalog.shobj_description(r.oid, 'pg_authid') AS comment
  FROM pg_catalog.pg_roles r WHERE r.rolname = ${name}`

/** The role that sessions of a login take on in this database (`ALTER ROLE … SET role`); one for the database goes before one for all. */
export const setRoleQuery = (oid: string): string => `
  SELECT pg_catalog.substr(setting, 6) AS set_role FROM pg_catalog.pg_db_role_setting s, pg_catalog.unnest(s.setconfig) setting
  WHERE s.setrole = ${oid} AND setting LIKE 'role=%' AND s.setdatabase IN
    (0, (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()))
  ORDER BY s.setdatabase DESC LIMIT 1`

export function roleFacts(row: Row | undefined): RoleFacts | undefined {
  if (row === undefined) return undefined
  return {
    name: row.name as string,
    superuser: row.superuser as boolean,
    replication: row.replication as boolean,
    bypassRls: row.bypass_rls as boolean,
    canLogin: row.can_login as boolean,
    connectionLimit: row.connection_limit as number,
    expired: row.expired as boolean,
    expiresSoon: row.expires_soon as boolean,
    comment: (row.comment as string | null) ?? undefined,
  }
}

/** Roles of the server itself and of the clouds' own machinery. */
const RESERVED = /^(pg_|rds_?|rdsadmin|rdsrepl|rdstopmgr|cloudsql|azure_?)/

/** Why a login of this kind is never rotated; undefined if it is. */
export function unsupportedKind(facts: RoleFacts, strategy: Context['strategy']): string | undefined {
  if (RESERVED.test(facts.name)) return 'it belongs to the server or to the cloud that runs it'
  if (facts.superuser) return 'it is a superuser'
  if (facts.replication) return 'it may replicate: a standby or a subscriber would lose its connection'
  if (facts.bypassRls && strategy === 'alternating-users')
    return 'it bypasses row level security, which its twin cannot take over'
  return undefined
}

/** Refuses a login that nobody should change through us: a privileged or reserved one, or somebody else's. */
export function requireOurs(facts: RoleFacts, context: Context, at: string): void {
  const kind = unsupportedKind(facts, context.strategy)
  if (kind !== undefined) throw new RotationError('unsupported', `The login is not rotated: ${kind}.`, { at })
  if (foreignMark(facts.comment, context.owner) !== undefined && context.adopt !== true)
    throw new RotationError('not-ours', 'The comment on the login names another configuration as its owner.', { at })
}

/** Refuses a login to which a new password would be of no use. */
export function requireUsable(facts: RoleFacts, at: string): void {
  if (!facts.canLogin) throw new RotationError('login-locked', 'The login to change is NOLOGIN.', { at })
  // the server refuses it with the same code as a wrong password, whatever the password
  if (facts.expired) throw new RotationError('login-expired', 'VALID UNTIL of the login has passed.', { at })
}
