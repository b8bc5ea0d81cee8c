/**
 * Logging in everywhere: before a change, to test, and to see who is refused.
 * @module
 */
import { RotationError } from '../../errors.ts'
import type { Acceptance, TargetCall } from '../../ports/rotation-target.ts'
import type { Credential } from '../../secret/credential.ts'
import { writerOf } from '../common/endpoint.ts'
import { acceptance, testEverywhere, withEverywhere } from '../common/logins.ts'
import { openSession } from './connect.ts'
import { dictionaryName } from './names.ts'
import type { Context } from './options.ts'
import type { Session } from './session.ts'

/** Logs `current` in on every endpoint; hands over the writer's session, and all of them. */
export const withCurrent = <T>(
  context: Context,
  current: Credential,
  call: TargetCall,
  work: (writer: Session, all: readonly Session[]) => Promise<T>,
): Promise<T> =>
  withEverywhere(
    context.endpoints,
    endpoint => openSession(context, endpoint, current, call),
    sessions => work(sessions.find(({ endpoint }) => endpoint === writerOf(context))!, sessions),
  )

/** New connection, right identity, every probe, on every endpoint. */
export const testLogins = (context: Context, credential: Credential, call: TargetCall): Promise<void> =>
  testEverywhere(
    context.endpoints,
    endpoint => openSession(context, endpoint, credential, call),
    async session => {
      const [row] = await session.query(`SELECT SYS_CONTEXT('USERENV', 'SESSION_USER') AS "login" FROM dual`)
      if (row?.login !== dictionaryName(credential.username))
        throw new RotationError('identity-mismatch', 'The new password works, but the session is of another login.', {
          at: session.endpoint.name,
        })
      for (const probe of context.probes ?? []) await session.probe(probe)
    },
  )

export const acceptedBy = (context: Context, credential: Credential, call: TargetCall): Promise<Acceptance> =>
  acceptance(context.endpoints, endpoint => openSession(context, endpoint, credential, call))
