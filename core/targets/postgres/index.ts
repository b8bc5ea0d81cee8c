/**
 * PostgreSQL 13 to 18: passwords of logins, one at a time (`single-user`) or by two logins in turn (`alternating-users`).
 * Needs the package `pg`, which is loaded at the first connection.
 * @module
 */
import { isRotationError, RotationError } from '../../errors.ts'
import type { SettableTarget, TargetCall } from '../../ports/rotation-target.ts'
import { requireEndpoints } from '../common/endpoint.ts'
import { using } from '../common/logins.ts'
import { requirePair } from '../common/twin.ts'
import { alternatingUsers } from './alternating-users.ts'
import { openAdmin } from './connect.ts'
import { examine } from './examine.ts'
import { acceptedBy, testLogins } from './logins.ts'
import type { Context, PostgresDeps, PostgresTargetOptions } from './options.ts'
import { literal } from './quote.ts'
import { factsQuery, roleFacts } from './role.ts'
import { sessionCalls } from './sessions.ts'
import { force, singleUser } from './single-user.ts'

export type { Endpoint, PostgresDeps, PostgresTargetOptions, TlsOptions } from './options.ts'

/** A target for one secret. Endpoints without exactly one writer, or alternating-users without a pair: `config-invalid`. */
export function createPostgresTarget(options: PostgresTargetOptions, deps: PostgresDeps): SettableTarget {
  const context: Context = { ...options, now: () => deps.now() }
  requireEndpoints('A PostgreSQL', context.endpoints)
  if (context.strategy === 'alternating-users') requirePair(context.users)
  const strategy = context.strategy === 'single-user' ? singleUser(context) : alternatingUsers(context)
  return {
    kind: 'settable',
    engine: 'postgres',
    endpoints: context.endpoints.map(({ name }) => name),
    ...strategy,
    set: (change, call) => expiryExplained(context, change.current.username, call, () => strategy.set(change, call)),
    test: (credential, call) => testLogins(context, credential, call),
    accepts: (credential, call) => acceptedBy(context, credential, call),
    examine: (current, call) => examine(context, current, call),
    ...sessionCalls(context),
    ...(context.admin && { force: force(context) }),
  }
}

/**
 * The server answers an expired login like a wrong password, but only a wrong password lets a run try another version: an admin
 * can tell which it was.
 */
async function expiryExplained(
  context: Context,
  login: string,
  call: TargetCall,
  set: () => Promise<void>,
): Promise<void> {
  try {
    await set()
  } catch (error) {
    if (!isRotationError(error, 'auth-failed') || context.admin === undefined) throw error
    const [row] = await using(openAdmin(context, call), admin => admin.query(factsQuery(literal(login))))
    if (roleFacts(row)?.expired !== true) throw error
    throw new RotationError('login-expired', 'VALID UNTIL of the current login has passed.', { at: error.at })
  }
}
