/**
 * What the server knows about the accounts of a login (`user@host`, one a host part), and which are never rotated.
 * @module
 */
import { isRotationError, RotationError } from '../../errors.ts'
import type { SecretValue } from '../../secret/secret-value.ts'
import type { Account } from '../mysql-wire/logins.ts'
import { account, text } from '../mysql-wire/quote.ts'
import type { Session } from '../mysql-wire/session.ts'
import type { Context } from './options.ts'
import { isStoredForm } from './stored.ts'
import { atLeast, notMysql } from './version.ts'

export interface AccountFacts extends Account {
  readonly plugin: string
  readonly stored: Buffer
  /** What is stored of the retained password. */
  readonly second: Buffer | undefined
  readonly locked: boolean
  readonly expired: boolean
  readonly privileged: boolean
  /** Our mark or another configuration's. */
  readonly mark: string | undefined
  /** Wrong passwords in a row that lock the account; 0: any number. */
  readonly failedLogins: number
  /** The server keeps attributes, and so a mark (from 8.0.21 on). */
  readonly markable: boolean
}

/** Accounts of the login on the hosts that are configured; none: empty. Only an admin that may read the tables sees them. */
export async function readAccounts(admin: Session, login: string, context: Context): Promise<readonly AccountFacts[]> {
  const rows = await mayRead(admin, () =>
    admin.query(`SELECT u.User AS user, u.Host AS host, u.plugin AS plugin, HEX(u.authentication_string) AS first_hash,
      HEX(JSON_UNQUOTE(JSON_EXTRACT(u.User_attributes, '$.additional_password'))) AS second_hash,
      u.account_locked = 'Y' AS locked, u.password_expired = 'Y' AS expired,
      (u.Super_priv = 'Y' OR u.Repl_slave_priv = 'Y' OR EXISTS (SELECT 1 FROM mysql.global_grants g
        WHERE g.USER = u.User AND g.HOST = u.Host AND g.PRIV = 'SYSTEM_USER')) AS privileged,
      JSON_UNQUOTE(JSON_EXTRACT(u.User_attributes, '$.metadata.lockstep')) AS mark,
      JSON_EXTRACT(u.User_attributes, '$.Password_locking.failed_login_attempts') AS failed_logins, VERSION() AS version
      FROM mysql.user u WHERE u.User = ${text(login)} ORDER BY u.Host`),
  )
  const facts = rows.map(row => ({
    user: row.user as string,
    host: row.host as string,
    plugin: row.plugin as string,
    stored: Buffer.from(row.first_hash as string, 'hex'),
    second: row.second_hash === null ? undefined : Buffer.from(row.second_hash as string, 'hex'),
    locked: row.locked === 1,
    expired: row.expired === 1,
    privileged: row.privileged === 1,
    mark: (row.mark as string | null) ?? undefined,
    failedLogins: Number(row.failed_logins ?? 0),
    markable: atLeast(row.version as string, [8, 0, 21]),
  }))
  return facts.filter(({ host }) => context.hosts === undefined || context.hosts.includes(host))
}

async function mayRead<T>(admin: Session, read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (error) {
    // no such table or column
    if (isRotationError(error, 'unsupported')) throw notMysql(admin.endpoint.name, error.foreign)
    if (!isRotationError(error, 'permission-missing')) throw error
    throw new RotationError('permission-missing', 'The admin may not see which accounts the login has.', {
      at: admin.endpoint.name,
      foreign: error.foreign,
      next: 'GRANT SELECT ON mysql.user and SELECT ON mysql.global_grants to the admin.',
    })
  }
}

/** `other`: the second of the two that were asked about. */
export type Held = 'current' | 'other' | 'neither' | 'unknown'

/** Which of two passwords a stored form is of. */
export function held(
  { plugin }: AccountFacts,
  stored: Buffer,
  current: SecretValue,
  other: SecretValue = current,
): Held {
  if (isStoredForm(plugin, stored, current) === true) return 'current'
  const found = isStoredForm(plugin, stored, other)
  if (found === undefined) return 'unknown'
  return found ? 'other' : 'neither'
}

const PLUGINS = ['caching_sha2_password', 'sha256_password', 'mysql_native_password']

/** Accounts of the server itself and of the clouds' own machinery. */
const RESERVED = /^(root$|mysql\.|rds(admin|repladmin|topmgr|_)|cloudsql|azure_superuser|event_scheduler$)/

/** Why an account of this kind is never rotated; undefined if it is. */
export function unsupportedKind({
  user,
  privileged,
  plugin,
}: Pick<AccountFacts, 'user' | 'privileged' | 'plugin'>): string | undefined {
  if (user === '' || RESERVED.test(user)) return 'it belongs to the server or to the cloud that runs it'
  if (privileged) return 'it is an administrator (SUPER, SYSTEM_USER) or replicates'
  if (!PLUGINS.includes(plugin)) return `its plugin ${plugin} keeps no password that could be changed here`
  return undefined
}

/** Refuses an account that nobody should change through us. */
export function requireOurs(facts: AccountFacts, context: Context, at: string): void {
  const kind = unsupportedKind(facts)
  if (kind !== undefined)
    throw new RotationError('unsupported', `The account ${account(facts)} is not rotated: ${kind}.`, { at })
  requireOurMark(facts.mark, context, at)
}

export function requireOurMark(mark: string | undefined, { owner, adopt }: Context, at: string): void {
  if (mark === undefined || mark === owner || adopt === true) return
  throw new RotationError('not-ours', 'An attribute of the account names another configuration as its owner.', { at })
}

/** A new password would be of no use. */
export function requireUsable(facts: AccountFacts, at: string): void {
  if (facts.locked) throw new RotationError('login-locked', `The account ${account(facts)} is locked.`, { at })
}
