/**
 * The one place where a password is changed, after a look at what the user is.
 * @module
 */
import { saslprep } from '@mongodb-js/saslprep'
import type { Timestamp } from 'mongodb'
import { isRotationError, RotationError } from '../../errors.ts'
import type { TargetCall } from '../../ports/rotation-target.ts'
import type { SecretValue } from '../../secret/secret-value.ts'
import type { Context } from './options.ts'
import type { Session } from './session.ts'
import { foreignMark, MARK, requireOurs, type UserFacts, userFacts, within } from './users.ts'

export interface PasswordChange {
  readonly user: string
  readonly password: SecretValue
  /** The session's own password; else somebody else's, by the admin, who also leaves our mark. */
  readonly by: 'itself' | 'admin'
}

/**
 * Changes a password, confirmed by a majority. Answers when, as the members of the set count; undefined where there is no set.
 * Roles and restrictions are not named, so they stay. The user does not exist: `identity-mismatch`.
 */
export async function changePassword(
  session: Session,
  { user, password, by }: PasswordChange,
  context: Context,
  call: TargetCall,
): Promise<Timestamp | undefined> {
  const at = session.endpoint.name
  const facts = await userFacts(session, user, context, call)
  if (facts === undefined)
    throw new RotationError('identity-mismatch', 'The user to change does not exist in the authentication database.', {
      at,
      next: 'Run `lockstep doctor NAME`; with an admin secret `--fix` creates it. Compare `authSource`.',
    })
  requireOurs(facts, context, at)
  if (by === 'admin') await leaveMark(session, facts, context, call)
  const answer = await session.change(context.authSource, {
    updateUser: user,
    pwd: password.reveal(),
    ...keptMechanisms(facts),
    ...confirmed(context, call, at),
  })
  return answer.operationTime as Timestamp | undefined
}

/** A new password alone would be good for every mechanism that the server offers: one that was taken away stays away. */
const keptMechanisms = ({ mechanisms }: UserFacts) => (mechanisms?.length === 1 ? { mechanisms } : {})

/** By a majority, so that no fail-over undoes it, and within the time that the call has. */
export function confirmed(context: Context, call: TargetCall, at: string) {
  const { maxTimeMS } = within(context, call, at)
  return { writeConcern: { w: 'majority', wtimeout: Math.ceil(maxTimeMS * 0.8) }, maxTimeMS }
}

/** What people keep in customData stays. A server without it, or an admin that may not write it: no mark. */
async function leaveMark(session: Session, facts: UserFacts, context: Context, call: TargetCall): Promise<void> {
  if (facts.customData[MARK] === context.owner) return
  const customData = { ...facts.customData, [MARK]: context.owner }
  try {
    await session.run(context.authSource, {
      updateUser: facts.name,
      customData,
      ...confirmed(context, call, session.endpoint.name),
    })
  } catch (error) {
    const allowed = isRotationError(error, 'unsupported', 'permission-missing') && !foreignMark(facts, context)
    if (!allowed) throw error
  }
}

/**
 * Before anything is sent. Clients normalise passwords by SASLprep (RFC 4013): one that it prohibits would be stored or not, and
 * nobody could log in with it. Such a one, or an empty one: `value-rejected`.
 */
export function requireSuitable(password: SecretValue): void {
  try {
    if (saslprep(password.reveal()) !== '') return
  } catch {
    // its error holds the password
  }
  throw new RotationError(
    'value-rejected',
    'The new password is empty or holds characters that SCRAM-SHA-256 does not allow; it was not sent.',
  )
}

/**
 * The server wants the password itself, never a hash of it: what carries it must be private. Otherwise `unsupported`, before
 * anything is sent.
 */
export function requirePrivateWire(context: Context): void {
  if (!wireIsOpen(context)) return
  throw new RotationError(
    'unsupported',
    'A new password travels to MongoDB as it is, and TLS is disabled: everybody on the way could read it.',
    { next: 'Enable `tls`. Only if the way is private by other means: set `plaintext: true`.' },
  )
}

export const wireIsOpen = ({ tls, plaintext, endpoints }: Context): boolean =>
  tls.mode === 'disable' && plaintext !== true && !endpoints.every(({ host }) => LOOPBACK.test(host))

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1)$/
