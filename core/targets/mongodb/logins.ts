/**
 * Logging in everywhere: before a change, to test, and to see who is refused.
 * @module
 */
import type { Document } from 'mongodb'
import { RotationError } from '../../errors.ts'
import type { Acceptance, TargetCall } from '../../ports/rotation-target.ts'
import type { Credential } from '../../secret/credential.ts'
import { acceptance, testEverywhere, withEverywhere } from '../common/logins.ts'
import { noPrimary, openSession } from './connect.ts'
import type { Context } from './options.ts'
import type { Session } from './session.ts'
import { within } from './users.ts'

/** Logs `current` in on every endpoint; hands over the session where changes are taken, and all of them. */
export const withCurrent = <T>(
  context: Context,
  current: Credential,
  call: TargetCall,
  work: (writer: Session, all: readonly Session[]) => Promise<T>,
): Promise<T> =>
  withEverywhere(
    context.endpoints,
    endpoint => openSession(context, endpoint, current, call),
    sessions => {
      const writer = sessions.find(({ endpoint, writable }) => writable && endpoint.role === 'writer')
      if (writer === undefined) throw noPrimary()
      return work(writer, sessions)
    },
  )

/** New connection, right identity, every probe, on every endpoint. */
export const testLogins = (context: Context, credential: Credential, call: TargetCall): Promise<void> =>
  testEverywhere(
    context.endpoints,
    endpoint => openSession(context, endpoint, credential, call),
    async session => {
      const at = session.endpoint.name
      await requireIdentity(session, credential.username, context, call)
      for (const { database, command } of context.probes)
        await session.probe(database, { ...command, ...within(context, call, at) })
    },
  )

export const acceptedBy = (context: Context, credential: Credential, call: TargetCall): Promise<Acceptance> =>
  acceptance(context.endpoints, endpoint => openSession(context, endpoint, credential, call))

/** Two users of one name can exist, in two databases; a proxy may log in as somebody else. */
async function requireIdentity(session: Session, login: string, context: Context, call: TargetCall): Promise<void> {
  const at = session.endpoint.name
  const { authInfo } = await session.run('admin', { connectionStatus: 1, ...within(context, call, at) })
  const users = (authInfo?.authenticatedUsers ?? []) as readonly Document[]
  // DocumentDB's protocol does not say which database
  if (users.some(({ user, db = context.authSource }) => user === login && db === context.authSource)) return
  throw new RotationError('identity-mismatch', 'The new login works, but arrives as another user.', { at })
}
