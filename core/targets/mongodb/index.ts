/**
 * MongoDB, and what speaks its protocol: passwords of SCRAM users, one at a time (`single-user`) or by two users in turn
 * (`alternating-users`). Needs the package `mongodb`, which is loaded at the first connection.
 * @module
 */
import { isRotationError, RotationError } from '../../errors.ts'
import type { SettableTarget, TargetCall } from '../../ports/rotation-target.ts'
import { requireEndpoints } from '../common/endpoint.ts'
import { using } from '../common/logins.ts'
import { requirePair } from '../common/twin.ts'
import { alternatingUsers } from './alternating-users.ts'
import { openAdmin, openWritable } from './connect.ts'
import { examine } from './examine.ts'
import { acceptedBy, testLogins } from './logins.ts'
import type { Context, MongodbDeps, MongodbTargetOptions } from './options.ts'
import { parseProbe } from './probe.ts'
import { force, singleUser } from './single-user.ts'
import { userFacts } from './users.ts'

export type { Endpoint, MongodbDeps, MongodbTargetOptions, TlsOptions } from './options.ts'

/** A target for one secret. No writer, alternating-users without a pair, a probe that is none: `config-invalid`. */
export function createMongodbTarget(options: MongodbTargetOptions, deps: MongodbDeps): SettableTarget {
  const { authSource = 'admin', probes = [] } = options
  const context: Context = {
    ...options,
    authSource,
    probes: probes.map(text => parseProbe(text, authSource)),
    now: () => deps.now(),
  }
  requireEndpoints('A MongoDB', context.endpoints, 'some')
  if (context.strategy === 'alternating-users') requirePair(context.users)
  const strategy = context.strategy === 'single-user' ? singleUser(context) : alternatingUsers(context)
  return {
    kind: 'settable',
    engine: 'mongodb',
    endpoints: context.endpoints.map(({ name }) => name),
    ...strategy,
    set: (change, call) => absenceExplained(context, change.current.username, call, () => strategy.set(change, call)),
    test: (credential, call) => testLogins(context, credential, call),
    accepts: (credential, call) => acceptedBy(context, credential, call),
    examine: (current, call) => examine(context, current, call),
    ...(context.admin && { force: force(context) }),
  }
}

/**
 * The server answers a user of another database, or of none, like a wrong password, but only a wrong password lets a run try
 * another version: an admin can tell which it was.
 */
async function absenceExplained(
  context: Context,
  user: string,
  call: TargetCall,
  set: () => Promise<void>,
): Promise<void> {
  try {
    await set()
  } catch (error) {
    if (!isRotationError(error, 'auth-failed') || context.admin === undefined) throw error
    const opening = openWritable(context, endpoint => openAdmin(context, endpoint, call))
    // an admin that cannot say leaves the refusal as it is
    const exists = await using(opening, admin => userFacts(admin, user, context, call)).then(
      facts => facts !== undefined,
      () => true,
    )
    if (exists) throw error
    throw new RotationError('identity-mismatch', 'The current user does not exist in the authentication database.', {
      at: error.at,
      next: 'Name the database in which the user was created as `authSource`.',
    })
  }
}
