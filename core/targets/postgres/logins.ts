/**
 * Logging in everywhere: before a change, to test, and to see who is refused.
 * @module
 */
import { isRotationError, RotationError } from '../../errors.ts'
import type { Acceptance, TargetCall } from '../../ports/rotation-target.ts'
import type { Credential } from '../../secret/credential.ts'
import { openSession } from './connect.ts'
import { type Context, writerOf } from './options.ts'
import { setRoleQuery } from './role.ts'
import { type Session, using } from './session.ts'

/**
 * Logs `current` in on every endpoint: who does not hold the current credential changes nothing. Hands over the writer's session,
 * and all of them. `auth-failed` only if nothing else stood in the way: an endpoint that does not answer has not refused anybody.
 */
export async function withCurrent<T>(
  context: Context,
  current: Credential,
  call: TargetCall,
  work: (writer: Session, all: readonly Session[]) => Promise<T>,
): Promise<T> {
  const logins = await Promise.allSettled(
    context.endpoints.map(endpoint => openSession(context, endpoint, current, call)),
  )
  const sessions = logins.filter(login => login.status === 'fulfilled').map(login => login.value)
  const failures = logins.filter(login => login.status === 'rejected').map(login => login.reason as unknown)
  const failure = failures.find(error => !isRotationError(error, 'auth-failed')) ?? failures[0]
  try {
    if (failure !== undefined) throw failure
    return await work(sessions.find(({ endpoint }) => endpoint === writerOf(context))!, sessions)
  } finally {
    for (const session of sessions) session.close()
  }
}

/** The contract's `test`: new connection, right identity, every probe, on every endpoint. */
export async function testEverywhere(context: Context, credential: Credential, call: TargetCall): Promise<void> {
  const results = await Promise.allSettled(
    context.endpoints.map(endpoint =>
      using(openSession(context, endpoint, credential, call), async session => {
        await requireIdentity(session, credential.username, context.ownerRole)
        for (const probe of context.probes ?? []) await runProbe(session, probe, call.deadline - context.now())
      }),
    ),
  )
  for (const result of results) if (result.status === 'rejected') throw result.reason
}

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

/** The contract's `accepts`: one login per endpoint; whatever is not a refusal of the password is thrown. */
export async function acceptance(context: Context, credential: Credential, call: TargetCall): Promise<Acceptance> {
  const tries = context.endpoints.map(async endpoint => {
    try {
      await using(openSession(context, endpoint, credential, call), async () => {})
      return true
    } catch (error) {
      if (isRotationError(error, 'auth-failed')) return false
      throw error
    }
  })
  const accepted = await allOrFirstError(tries)
  const names = (wanted: boolean) => context.endpoints.filter((_, i) => accepted[i] === wanted).map(({ name }) => name)
  return { accepted: names(true), refused: names(false) }
}

/** As Promise.all, but leaves nothing running when it throws. */
async function allOrFirstError<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(promises)
  return Promise.all(promises)
}
