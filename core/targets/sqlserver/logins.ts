/**
 * Logging in everywhere: before a change, to test, and to see who is refused.
 * @module
 */
import { RotationError } from '../../errors.ts'
import type { Acceptance, TargetCall } from '../../ports/rotation-target.ts'
import type { Credential } from '../../secret/credential.ts'
import { acceptance, testEverywhere, withEverywhere } from '../common/logins.ts'
import { openSession } from './connect.ts'
import type { Context } from './options.ts'
import type { Session } from './session.ts'

/** Logs `current` in on every endpoint first: who cannot has no business with its twin, whatever the admin secret allows. */
export const withCurrent = <T>(
  context: Context,
  current: Credential,
  call: TargetCall,
  work: () => Promise<T>,
): Promise<T> =>
  withEverywhere(
    context.endpoints,
    endpoint => openSession(context, endpoint, current, call),
    () => work(),
  )

/** New connection, right identity, every probe, on every endpoint. */
export const testLogins = (context: Context, credential: Credential, call: TargetCall): Promise<void> =>
  testEverywhere(
    context.endpoints,
    endpoint => openSession(context, endpoint, credential, call),
    async session => {
      await requireIdentity(session, credential.username, context.contained === true)
      for (const probe of context.probes ?? []) await runProbe(session, probe, call.deadline - context.now())
    },
  )

export const acceptedBy = (context: Context, credential: Credential, call: TargetCall): Promise<Acceptance> =>
  acceptance(context.endpoints, endpoint => openSession(context, endpoint, credential, call))

/** A user of a contained database has no login: the server names it by its number there, the database by its name. */
async function requireIdentity(session: Session, login: string, contained: boolean): Promise<void> {
  const [row] = await session.query(`SELECT ${contained ? 'USER_NAME()' : 'ORIGINAL_LOGIN()'} AS login`)
  // names differ in case only where the server's collation lets them
  if (String(row?.login).toLowerCase() === login.toLowerCase()) return
  throw new RotationError('identity-mismatch', 'The new login works, but arrives as another one.', {
    at: session.endpoint.name,
  })
}

/** As the application would run it, but undone afterwards and not waiting for locks longer than there is time. */
async function runProbe(session: Session, statement: string, remaining: number): Promise<void> {
  const limit = Math.max(1, Math.floor(Math.min(remaining, 30_000)))
  await session.query(`SET LOCK_TIMEOUT ${limit}; BEGIN TRANSACTION`)
  await session.probe(statement)
  await session.query('IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION')
}
