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
import type { WireContext } from './options.ts'
import type { Session } from './session.ts'

/** Logs `current` in on every endpoint; hands over the writer's session, and all of them. */
export const withCurrent = <T>(
  context: WireContext,
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
export const testLogins = (context: WireContext, credential: Credential, call: TargetCall): Promise<void> =>
  testEverywhere(
    context.endpoints,
    endpoint => openSession(context, endpoint, credential, call),
    async session => {
      const { user } = await accountOf(session)
      if (user !== credential.username)
        throw new RotationError(
          'identity-mismatch',
          'The login works, but as another account (anonymous or proxied).',
          {
            at: session.endpoint.name,
          },
        )
      for (const probe of context.probes ?? []) await runProbe(session, probe)
    },
  )

export const acceptedBy = (context: WireContext, credential: Credential, call: TargetCall): Promise<Acceptance> =>
  acceptance(context.endpoints, endpoint => openSession(context, endpoint, credential, call))

export interface Account {
  readonly user: string
  readonly host: string
}

/** The `user@host` entry that the session was let in by. */
export async function accountOf(session: Session): Promise<Account> {
  const [row] = await session.query('SELECT CURRENT_USER() AS account')
  return accountNamed(row?.account as string)
}

/** A host holds no @, a user may. */
export function accountNamed(name: string): Account {
  const at = name.lastIndexOf('@')
  return { user: name.slice(0, at), host: name.slice(at + 1) }
}

/** As the application would run it, but undone afterwards; what commits by itself (DDL) cannot be undone. */
async function runProbe(session: Session, statement: string): Promise<void> {
  await session.query('START TRANSACTION')
  await session.probe(statement)
  await session.query('ROLLBACK')
}
