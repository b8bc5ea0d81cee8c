/**
 * What a login may do for itself: change its first password, and see its list of them. That is no way to have two.
 * @module
 */
import { RotationError } from '../../errors.ts'
import type { TargetCall } from '../../ports/rotation-target.ts'
import type { Credential } from '../../secret/credential.ts'
import { beginChange } from '../mysql-wire/change.ts'
import { type Account, accountOf } from '../mysql-wire/logins.ts'
import { account, text } from '../mysql-wire/quote.ts'
import type { Session } from '../mysql-wire/session.ts'
import { requireNative, unsupportedKind } from './accounts.ts'
import { elsewhere, within } from './change-accounts.ts'
import { type Method, methodsShown } from './methods.ts'
import type { Context } from './options.ts'
import { type Position, positionOf } from './position.ts'
import { changed } from './refusals.ts'

/** Replaces the only password of the session's own account. It has several: `unsupported`, for it could replace the first only. */
export async function changeOwn(
  session: Session,
  { username }: Credential,
  hash: string,
  context: Context,
  call: TargetCall,
): Promise<Position> {
  const at = session.endpoint.name
  await beginChange(session, username, context, call)
  const own = await accountOf(session)
  if (context.hosts?.includes(own.host) === false) throw elsewhere(own, at)
  const kind = unsupportedKind({ user: own.user, privileged: await rulesOthers(session, own) })
  if (kind !== undefined) throw new RotationError('unsupported', `The account is not rotated: ${kind}.`, { at })
  const methods = await ownMethods(session)
  requireNative(own, methods, at)
  if (methods.length > 1)
    throw new RotationError('unsupported', `The account ${account(own)} has ${methods.length} passwords.`, {
      at,
      next: 'A login can change only the first of them. Configure an admin, or leave it one: ALTER USER … IDENTIFIED VIA mysql_native_password USING …',
    })
  await changed(session, `${within(context, call)} SET PASSWORD = ${text(hash)}`)
  return positionOf(session)
}

/** A login with CREATE USER may change itself (an admin's password is rotated too), but it is never changed by another one. */
export async function rulesOthers(session: Session, own: Account): Promise<boolean> {
  const [row] = await session.query(`SELECT COUNT(*) AS rights FROM information_schema.USER_PRIVILEGES
    WHERE GRANTEE = ${text(account(own))} AND PRIVILEGE_TYPE IN ('SUPER', 'REPLICATION SLAVE')`)
  return row?.rights !== 0
}

/** Every login may see its own; not understood: `unsupported`. */
export async function ownMethods(session: Session): Promise<readonly Method[]> {
  const [row] = await session.query('SHOW CREATE USER')
  const methods = methodsShown(String(Object.values(row ?? {})[0]))
  if (methods !== undefined) return methods
  throw new RotationError('unsupported', 'The server does not say how the login is let in.', {
    at: session.endpoint.name,
  })
}
