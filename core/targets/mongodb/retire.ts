/**
 * Ending a user's password, and proof that it is refused everywhere.
 * @module
 */
import { randomBytes } from 'node:crypto'
import type { Timestamp } from 'mongodb'
import { isRotationError, RotationError } from '../../errors.ts'
import type { TargetCall } from '../../ports/rotation-target.ts'
import type { Credential } from '../../secret/credential.ts'
import { SecretValue } from '../../secret/secret-value.ts'
import { requireEnded, using } from '../common/logins.ts'
import { changePassword } from './change-password.ts'
import { openAdmin } from './connect.ts'
import { acceptedBy, withCurrent } from './logins.ts'
import type { Context } from './options.ts'
import type { Session } from './session.ts'
import { within } from './users.ts'

/**
 * Gives the user a password that nobody holds, waits until every member has taken that up, then tries `previous` once per
 * endpoint. The user stays: dropping it would break off its open sessions, and its roles would have to be granted anew.
 */
export async function endLogin(
  context: Context,
  previous: Credential,
  current: Credential,
  call: TargetCall,
): Promise<void> {
  await withCurrent(context, current, call, async (writer, sessions) => {
    const change = { user: previous.username, password: nobodys(), by: 'admin' } as const
    const moment = await using(openAdmin(context, writer.endpoint, call), admin =>
      changePassword(admin, change, context, call).catch(unlessGone),
    )
    if (moment === undefined) return
    await Promise.all(sessions.map(session => caughtUp(session, moment, context, call)))
  })
  requireEnded(await acceptedBy(context, previous, call))
}

export const nobodys = (): SecretValue => SecretValue.of(randomBytes(32).toString('base64url'))

/** Dropped meanwhile: it has no password any more. */
function unlessGone(error: unknown): undefined {
  if (!isRotationError(error, 'identity-mismatch')) throw error
}

const POLL = 25
/** What the login that verifies the refusal needs. */
const RESERVE = 500

/** Waits until a member of the set has applied what the primary did at `moment`. A router, or a single server, has no such thing. */
async function caughtUp(session: Session, moment: Timestamp, context: Context, call: TargetCall): Promise<void> {
  const at = session.endpoint.name
  for (;;) {
    const { lastWrite } = await session.run('admin', { hello: 1, ...within(context, call, at) })
    const applied = lastWrite?.opTime?.ts as Timestamp | undefined
    if (applied === undefined || applied.greaterThanOrEqual(moment)) return
    if (context.now() + POLL + RESERVE >= call.deadline)
      throw new RotationError(
        'target-busy',
        'A member of the set has not yet taken up the end of the previous login.',
        {
          at,
        },
      )
    await new Promise(resolve => setTimeout(resolve, POLL))
  }
}
