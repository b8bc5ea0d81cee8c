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
import type { Context } from './options.ts'
import { setRoleQuery } from './role.ts'
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
      await requireIdentity(session, credential.username, context.ownerRole)
      for (const probe of context.probes ?? []) await runProbe(session, probe, call.deadline - context.now())
    },
  )

export const acceptedBy = (context: Context, credential: Credential, call: TargetCall): Promise<Acceptance> =>
  acceptance(context.endpoints, endpoint => openSession(context, endpoint, credential, call))

/**
 * A login that has lost the membership in its owner role still succeeds, with no more than a warning, and works as somebody
 * else: so the names are compared. Expected is the owner role, or what the login's own `SET role` says, or the login.
 */
async function requireIdentity(session: Session, login: string, ownerRole: string | undefined): Promise<void> {
  const ownSetting = setRoleQuery('(SELECT oid FROM pg_catalog.pg_roles WHERE rolname = session_user)')
  // The setting is asked for only where nothing else says whom the login works as: a fresh session reads catalogs slowly.
  const [row] = await session.query(`
    SELECT session_user::text AS login, current_user::text AS role, ${ownerRole === undefined ? `(${ownSetting})` : 'NULL'} AS set_role`)
  const { login: actual, role, set_role: setRole } = row as { login: string; role: string; set_role: string | null }
  if (actual === login && role === (ownerRole ?? setRole ?? login)) return
  const why =
    actual === login
      ? 'works as another role than it should (lost membership, or no SET role)'
      : 'arrives as another login'
  throw new RotationError('identity-mismatch', `The new login works, but ${why}.`, { at: session.endpoint.name })
}

/** As the application would run it, but undone afterwards and not for longer than there is time. */
async function runProbe(session: Session, statement: string, remaining: number): Promise<void> {
  const limit = Math.max(1, Math.floor(Math.min(remaining, 30_000)))
  await session.query(`BEGIN; SET LOCAL statement_timeout = ${limit}`)
  await session.probe(statement)
  await session.query('ROLLBACK')
}
