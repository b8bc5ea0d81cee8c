/**
 * A login that changes its own password, without an admin: it sees and changes one account only, the one that let it in. The server
 * compares the password that is to be replaced with the first one of the account, so nothing is changed that was not looked at.
 * @module
 */
import { isRotationError, RotationError } from '../../errors.ts'
import type { TargetCall } from '../../ports/rotation-target.ts'
import type { Credential } from '../../secret/credential.ts'
import { beginChange } from '../mysql-wire/change.ts'
import { type Account, accountOf } from '../mysql-wire/logins.ts'
import { account, text } from '../mysql-wire/quote.ts'
import type { Session } from '../mysql-wire/session.ts'
import { requireOurMark, unsupportedKind } from './accounts.ts'
import { DISCARD, first } from './change-accounts.ts'
import type { Context } from './options.ts'
import { notOurs } from './shared.ts'
import { requireMysql } from './version.ts'

/** Prepares the session of the login itself for one change. */
export async function beginOwnChange(
  session: Session,
  login: string,
  context: Context,
  call: TargetCall,
): Promise<void> {
  const at = session.endpoint.name
  await beginChange(session, login, context, call)
  const own = await accountOf(session)
  requireNamed(own, context, at)
  const { mark, privileged } = await ownFacts(session, own)
  const kind = unsupportedKind({ ...own, privileged, plugin: 'caching_sha2_password' })
  if (kind !== undefined) throw new RotationError('unsupported', `The account is not rotated: ${kind}.`, { at })
  requireOurMark(mark, context, at)
}

/** The account that let current in must be one that is configured. */
export function requireNamed(own: Account, { hosts }: Context, at: string): void {
  if (hosts === undefined || hosts.includes(own.host)) return
  throw new RotationError('identity-mismatch', `The current login is let in as ${account(own)}.`, {
    at,
    next: 'Add the host part of that account to `hosts`.',
  })
}

async function ownFacts(session: Session, own: Account): Promise<{ mark: string | undefined; privileged: boolean }> {
  const rights = "'SUPER', 'SYSTEM_USER', 'REPLICATION SLAVE'"
  const [row] =
    await session.query(`SELECT VERSION() AS version, COUNT(*) AS rights FROM information_schema.USER_PRIVILEGES
    WHERE GRANTEE = ${text(account(own))} AND PRIVILEGE_TYPE IN (${rights})`)
  requireMysql(row?.version as string, session.endpoint.name)
  return { privileged: row?.rights !== 0, mark: await ownMark(session, own) }
}

async function ownMark(session: Session, { user, host }: Account): Promise<string | undefined> {
  try {
    const [row] = await session.query(`SELECT JSON_UNQUOTE(JSON_EXTRACT(ATTRIBUTE, '$.lockstep')) AS mark
      FROM information_schema.USER_ATTRIBUTES WHERE USER = ${text(user)} AND HOST = ${text(host)}`)
    return (row?.mark as string | null) ?? undefined
  } catch (error) {
    if (isRotationError(error, 'unsupported')) return undefined // before 8.0.21
    throw error
  }
}

/**
 * Changes the first password, comparing it with `replaced` as the server does. False: `replaced` is not the first password of the
 * account, and nothing was changed.
 */
export async function replaceOwn(
  session: Session,
  replaced: Credential,
  password: Credential,
  how: '' | ' RETAIN CURRENT PASSWORD' = '',
): Promise<boolean> {
  try {
    await session.change(`ALTER USER USER() ${first(password)} REPLACE ${text(replaced.password.reveal())}${how}`)
    return true
  } catch (error) {
    if (isRotationError(error) && error.foreign === '3891') return false
    throw isRotationError(error, 'permission-missing') ? lacksRight(error) : error
  }
}

/**
 * Makes `current` the only password, whichever of two it was, `previous` being the other: a first password that is neither is
 * `not-ours`. Two statements: between them a second password is still valid, which is where it began. (In one, a refusal would
 * leave the session unusable.)
 */
export async function keepOnly(session: Session, current: Credential, previous: Credential): Promise<void> {
  try {
    if (!(await replaceOwn(session, current, current)) && !(await replaceOwn(session, previous, current)))
      throw notOurs('The login has a password that is neither current nor previous', session.endpoint.name)
    await session.change(`ALTER USER USER() ${DISCARD}`)
  } catch (error) {
    if (!isRotationError(error)) throw error
    if (error.foreign === '3638') throw reused(error)
    throw error.foreign === '1227' ? lacksRight(error) : error
  }
}

const lacksRight = (error: RotationError): RotationError =>
  new RotationError('permission-missing', 'The login may not keep two passwords for itself.', {
    at: error.at,
    foreign: error.foreign,
    next: 'GRANT APPLICATION_PASSWORD_ADMIN ON *.* to the login; or configure an admin.',
  })

const reused = (error: RotationError): RotationError =>
  new RotationError(
    'value-rejected',
    'The account may not be given its own password again (password history), so the login cannot tell which one is first.',
    {
      at: error.at,
      foreign: error.foreign,
      next: 'Configure an admin that may read mysql.user: it sees which one is first.',
    },
  )
