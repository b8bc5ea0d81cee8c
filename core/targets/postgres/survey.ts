/**
 * Everything that `examine` looks at, read on one session without changing anything.
 * @module
 */

import type { Context } from './options.ts'
import { literal } from './quote.ts'
import { factsQuery, type RoleFacts, roleFacts, setRoleQuery } from './role.ts'
import type { Session } from './session.ts'

export interface Setting {
  /** Null: in every database. */
  readonly database: string | null
  readonly name: string
  readonly value: string
}

export interface Membership {
  readonly member: boolean
  /** May become the owner; from 16 on a membership can lack that. */
  readonly canSet: boolean
}

export interface Asker {
  readonly name: string
  readonly superuser: boolean
  readonly createRole: boolean
  readonly seesSessions: boolean
  /** Roles on which it has the ADMIN option; before 16 CREATEROLE is enough, so all that were asked about. */
  readonly adminOf: readonly string[]
}

export interface Survey {
  /** 150018 is 15.18. */
  readonly version: number
  readonly logins: ReadonlyMap<string, RoleFacts>
  readonly settings: ReadonlyMap<string, readonly Setting[]>
  /** What each login works as in this database, by its own setting. */
  readonly setRoles: ReadonlyMap<string, string>
  /** The role that the logins are to work as. Not configured: that of the two logins of which the other is a member. */
  readonly owner: string | undefined
  readonly memberships: ReadonlyMap<string, Membership>
  readonly asker: Asker
}

export async function survey(session: Session, context: Context, names: readonly string[]): Promise<Survey> {
  const version = Number((await session.query("SELECT current_setting('server_version_num') AS v"))[0]?.v)
  const logins = new Map<string, RoleFacts>()
  const settings = new Map<string, readonly Setting[]>()
  const setRoles = new Map<string, string>()
  for (const name of names) {
    const facts = roleFacts((await session.query(factsQuery(literal(name))))[0])
    if (facts !== undefined) logins.set(name, facts)
    settings.set(name, await settingsOf(session, name))
    const [row] = await session.query(
      setRoleQuery(`(SELECT oid FROM pg_catalog.pg_roles WHERE rolname = ${literal(name)})`),
    )
    if (row !== undefined) setRoles.set(name, row.set_role as string)
  }
  const owner = context.ownerRole ?? (await impliedOwner(session, names))
  return {
    version,
    logins,
    settings,
    setRoles,
    owner,
    memberships: owner === undefined ? new Map() : await membershipsIn(session, owner, names, version),
    asker: await askerOn(session, owner === undefined ? names : [...names, owner], version),
  }
}

/** The pair that AWS's rotation template makes: `app_clone` is a member of `app`, and there is no role above both. */
async function impliedOwner(session: Session, names: readonly string[]): Promise<string | undefined> {
  const [row] = await session.query(
    `SELECT o.rolname::text AS owner FROM pg_catalog.pg_roles o, pg_catalog.pg_roles m
     WHERE o.rolname = ANY($1) AND m.rolname = ANY($1) AND o.oid <> m.oid AND NOT m.rolsuper
       AND pg_catalog.pg_has_role(m.oid, o.oid, 'MEMBER')`,
    [names],
  )
  return row?.owner as string | undefined
}

async function settingsOf(session: Session, login: string): Promise<readonly Setting[]> {
  const settings = await session.query(
    `SELECT d.datname::text AS database, pg_catalog.split_part(setting, '=', 1) AS name,
       pg_catalog.substr(setting, pg_catalog.strpos(setting, '=') + 1) AS value
     FROM pg_catalog.pg_db_role_setting s JOIN pg_catalog.pg_roles r ON r.oid = s.setrole
       LEFT JOIN pg_catalog.pg_database d ON d.oid = s.setdatabase, pg_catalog.unnest(s.setconfig) setting
     WHERE r.rolname = $1 AND setting NOT LIKE 'role=%' ORDER BY 1, 2`,
    [login],
  )
  return settings as readonly unknown[] as readonly Setting[]
}

async function membershipsIn(
  session: Session,
  owner: string,
  names: readonly string[],
  version: number,
): Promise<ReadonlyMap<string, Membership>> {
  const set = version >= 160000 ? 'SET' : 'MEMBER'
  const found = await session.query(
    `SELECT l.rolname::text AS login, pg_catalog.pg_has_role(l.oid, o.oid, 'MEMBER') AS member,
       pg_catalog.pg_has_role(l.oid, o.oid, '${set}') AS can_set
     FROM pg_catalog.pg_roles l, pg_catalog.pg_roles o WHERE l.rolname = ANY($1) AND o.rolname = $2`,
    [names, owner],
  )
  return new Map(found.map(row => [row.login as string, { member: row.member === true, canSet: row.can_set === true }]))
}

async function askerOn(session: Session, names: readonly string[], version: number): Promise<Asker> {
  const [me] = await session.query(
    `SELECT rolname::text AS name, rolsuper AS superuser, rolsuper OR rolcreaterole AS create_role,
       pg_catalog.pg_has_role(oid, 'pg_read_all_stats', 'USAGE') AS sees_sessions
     FROM pg_catalog.pg_roles WHERE rolname = current_user`,
  )
  const admin = await session.query(
    `SELECT rolname::text AS name FROM pg_catalog.pg_roles
     WHERE rolname = ANY($1) AND ($2 OR pg_catalog.pg_has_role(current_user, oid, 'MEMBER WITH ADMIN OPTION'))`,
    [names, version < 160000],
  )
  return {
    name: me?.name as string,
    superuser: me?.superuser === true,
    createRole: me?.create_role === true,
    seesSessions: me?.sees_sessions === true,
    adminOf: admin.map(row => row.name as string),
  }
}
