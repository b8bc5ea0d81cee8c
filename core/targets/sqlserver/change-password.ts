/**
 * The one place where a password is changed: after a look at what the login is, and not after the deadline.
 * @module
 */
import { RotationError } from '../../errors.ts'
import { statementTimeout, type TargetCall } from '../../ports/rotation-target.ts'
import type { SecretValue } from '../../secret/secret-value.ts'
import { TOO_LATE } from './errors.ts'
import { factsQuery, loginFacts, requireOurs, requireUsable } from './login.ts'
import type { Context } from './options.ts'
import { identifier, literal } from './quote.ts'
import type { Row, Session } from './session.ts'

/** What must be left of the time when the server has answered at the latest. */
const MARGIN = 250

export interface PasswordChange {
  readonly login: string
  readonly password: SecretValue
  /** The login is to be used with it afterwards; if not, it is enough that nobody knows the password. */
  readonly use: boolean
}

/**
 * Changes a password as the admin. Two round trips on purpose: the first tells the server's time, so that a change that the
 * network delivers late is refused by the server itself. Answers whether there is such a login.
 */
export async function changePassword(
  admin: Session,
  { login, password, use }: PasswordChange,
  context: Context,
  call: TargetCall,
): Promise<boolean> {
  const at = admin.endpoint.name
  requireText(password, at)
  const [row] = await admin.query(factsQuery(context, login))
  const facts = loginFacts(row)
  if (facts === undefined) return false
  requireOurs(facts, at)
  if (use) requireUsable(facts, at)
  const principal = context.contained === true ? 'USER' : 'LOGIN'
  await admin.change(
    `${within(row!, context, call, at)}; ALTER ${principal} ${identifier(login)} WITH PASSWORD = ${literal(password.reveal())}`,
  )
  return true
}

/** What goes before a change, so that it takes effect in time or not at all. */
export function within(row: Row, context: Context, call: TargetCall, at: string): string {
  const limit = Math.floor(statementTimeout(call, context.now(), MARGIN))
  if (limit < 2) throw new RotationError('no-time', 'No time is left to make the change at the server.', { at })
  const half = Math.floor(limit / 2)
  const latest = `DATEADD(millisecond, ${half}, CONVERT(datetime2, ${literal(String(row.server_time))}, 126))`
  return `SET LOCK_TIMEOUT ${half}; IF SYSUTCDATETIME() > ${latest} THROW ${TOO_LATE}, N'too late', 1`
}

function requireText(password: SecretValue, at: string): void {
  const text = password.reveal()
  // the server would end the text at NUL; half a surrogate pair is no text
  if (text === '' || text.length > 128 || text.includes('\0') || !text.isWellFormed())
    throw new RotationError(
      'value-rejected',
      'A password of SQL Server is a text of 1 to 128 characters without NUL.',
      {
        at,
      },
    )
}
