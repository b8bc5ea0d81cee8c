/**
 * What the server knows about the accounts of a login (`user@host`, one a host part), and which are never rotated.
 * @module
 */
import { isRotationError, RotationError } from '../../errors.ts'
import type { Account } from '../mysql-wire/logins.ts'
import { account, text } from '../mysql-wire/quote.ts'
import type { Session } from '../mysql-wire/session.ts'
import { type Method, methodsOf, NATIVE } from './methods.ts'
import type { Context } from './options.ts'

export interface AccountFacts extends Account {
  readonly methods: readonly Method[]
  readonly locked: boolean
  readonly expired: boolean
  readonly privileged: boolean
}

/** Bits of `access`: SUPER, REPLICATION SLAVE, and CREATE USER, whose holder may change root's password. */
const PRIVILEGED = 2 ** 15 + 2 ** 19 + 2 ** 25

/** Accounts of the login on the hosts that are configured; none: empty. Only an admin that may read the table sees them. */
export async function readAccounts(
  admin: Session,
  login: string,
  { hosts }: Context,
): Promise<readonly AccountFacts[]> {
  const value = (key: string) => `JSON_VALUE(Priv, '$.${key}')`
  const rows = await mayRead(admin, () =>
    admin.query(`SELECT User AS user, Host AS host, ${value('plugin')} AS plugin,
      ${value('authentication_string')} AS stored, CAST(JSON_EXTRACT(Priv, '$.auth_or') AS CHAR) AS others,
      COALESCE(${value('account_locked')}, '0') IN ('1', 'true') AS locked,
      COALESCE(${value('password_last_changed')}, '') = '0' AS expired,
      (CAST(COALESCE(${value('access')}, '0') AS UNSIGNED) & ${PRIVILEGED}) <> 0 AS privileged
      FROM mysql.global_priv
      WHERE User = ${text(login)} AND COALESCE(${value('is_role')}, '0') NOT IN ('1', 'true') ORDER BY Host`),
  )
  const facts = rows.map(row => ({
    user: row.user as string,
    host: row.host as string,
    methods: methodsOf(row.plugin as string | null, row.stored as string | null, row.others as string | null),
    locked: row.locked === 1,
    expired: row.expired === 1,
    privileged: row.privileged === 1,
  }))
  return facts.filter(({ host }) => hosts === undefined || hosts.includes(host))
}

async function mayRead<T>(admin: Session, read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (error) {
    if (!isRotationError(error, 'permission-missing')) throw error
    throw new RotationError('permission-missing', 'The admin may not see which accounts the login has.', {
      at: admin.endpoint.name,
      foreign: error.foreign,
      next: 'GRANT SELECT ON mysql.global_priv to the admin.',
    })
  }
}

/** Accounts of the server itself and of the clouds' own machinery. */
const RESERVED = /^(root$|mysql$|mariadb\.|debian-sys-maint$|rds(admin|repladmin|topmgr|_)|cloudsql|azure_superuser)/

/** Why an account of this kind is never rotated; undefined if it is. */
export function unsupportedKind({ user, privileged }: Pick<AccountFacts, 'user' | 'privileged'>): string | undefined {
  if (user === '' || RESERVED.test(user)) return 'it belongs to the server or to the cloud that runs it'
  if (privileged) return 'it is an administrator (SUPER, CREATE USER) or replicates (REPLICATION SLAVE)'
  return undefined
}

/** Why passwords of such a list are not changed; undefined if they are. */
export function unsupportedMethods(methods: readonly Method[]): string | undefined {
  const other = methods.find(({ plugin }) => plugin !== NATIVE)
  if (other === undefined) return undefined
  return `it is let in by ${other.plugin || 'an unnamed plugin'} too or alone, and only ${NATIVE} can be rotated here`
}

/** What people do about it; the driver of many consumers speaks no other plugin. */
export const PLUGIN_ADVICE = `Change the account to ${NATIVE} by hand (ALTER USER … IDENTIFIED VIA ${NATIVE} USING …), or make another login for alternating users.`

/** Refuses an account that nobody should change through us. */
export function requireOurs(facts: AccountFacts, at: string): void {
  const kind = unsupportedKind(facts)
  if (kind !== undefined)
    throw new RotationError('unsupported', `The account ${account(facts)} is not rotated: ${kind}.`, { at })
  requireNative(facts, facts.methods, at)
}

export function requireNative(of: Account, methods: readonly Method[], at: string): void {
  const why = unsupportedMethods(methods)
  if (why === undefined) return
  throw new RotationError('unsupported', `The account ${account(of)} is not rotated: ${why}.`, {
    at,
    next: PLUGIN_ADVICE,
  })
}

/** A new password would be of no use. */
export function requireUsable(facts: AccountFacts, at: string): void {
  if (!facts.locked) return
  throw new RotationError('login-locked', `The account ${account(facts)} is locked.`, {
    at,
    next: 'Run ALTER USER … ACCOUNT UNLOCK if nobody locked it on purpose.',
  })
}
