/**
 * Logging in everywhere: before a change, to test, and to see who is refused.
 * @module
 */
import { RotationError } from '../../errors.ts'
import type { Acceptance, TargetCall } from '../../ports/rotation-target.ts'
import type { Credential } from '../../secret/credential.ts'
import { acceptance, testEverywhere, withEverywhere } from '../common/logins.ts'
import { openAdmin, openSession } from './connect.ts'
import { type Context, nodesOf } from './options.ts'
import { type Session, together } from './session.ts'

/** Logs `current` in on every endpoint; hands over what `withNodes` does. */
export const withCurrent = <T>(
  context: Context,
  current: Credential,
  call: TargetCall,
  work: (nodes: readonly Session[]) => Promise<T>,
): Promise<T> =>
  withEverywhere(
    context.endpoints,
    endpoint => openSession(context, endpoint, current, call),
    sessions => withNodes(context, sessions, call, work),
  )

/** A session with each node that may change passwords: the admin's, or, where none is configured, the login's own. */
export function withNodes<T>(
  context: Context,
  sessions: readonly Session[],
  call: TargetCall,
  work: (nodes: readonly Session[]) => Promise<T>,
): Promise<T> {
  if (context.admin !== undefined || context.strategy === 'alternating-users') return withAdmin(context, call, work)
  const nodes = nodesOf(context)
  return work(sessions.filter(({ endpoint }) => nodes.includes(endpoint)))
}

export const withAdmin = <T>(
  context: Context,
  call: TargetCall,
  work: (nodes: readonly Session[]) => Promise<T>,
): Promise<T> => withEverywhere(nodesOf(context), endpoint => openAdmin(context, call, endpoint), work)

/** New connection, right identity, every probe, on every endpoint. */
export const testLogins = (context: Context, credential: Credential, call: TargetCall): Promise<void> =>
  testEverywhere(
    context.endpoints,
    endpoint => openSession(context, endpoint, credential, call),
    async session => {
      const probes = (context.probes ?? []).map(probe =>
        typeof probe === 'string' ? probe.trim().split(/\s+/) : probe,
      )
      await together<unknown>(requireIdentity(session, credential.username), ...probes.map(session.probe))
    },
  )

export const acceptedBy = (context: Context, credential: Credential, call: TargetCall): Promise<Acceptance> =>
  acceptance(context.endpoints, endpoint => openSession(context, endpoint, credential, call))

/** AUTH names the user, so only something in between could make it another one. A login that may not ask is believed. */
async function requireIdentity(session: Session, login: string): Promise<void> {
  const who = await session.askUnless(/^NOPERM /, ['ACL', 'WHOAMI'])
  if (who === undefined || who === login) return
  throw new RotationError('identity-mismatch', 'The new login works, but arrives as another user.', {
    at: session.endpoint.name,
  })
}
