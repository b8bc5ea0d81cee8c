/**
 * Redis 6 and later, Valkey: passwords of users, one login with two of them (`dual-password`), `requirepass` of old
 * (`single-user`), or two logins in turn (`alternating-users`); one server, replicas, a cluster, Sentinels. Needs the package
 * `@redis/client`, which is loaded at the first connection.
 * @module
 */
import { isRotationError, RotationError } from '../../errors.ts'
import type { SettableTarget, TargetCall } from '../../ports/rotation-target.ts'
import type { Credential } from '../../secret/credential.ts'
import { requireEndpoints, writerOf } from '../common/endpoint.ts'
import { using } from '../common/logins.ts'
import { requirePair } from '../common/twin.ts'
import { accountOf } from './account.ts'
import { alternatingUsers } from './alternating-users.ts'
import { lookEverywhere } from './change-password.ts'
import { openAdmin } from './connect.ts'
import { dualPassword, makeOnly } from './dual-password.ts'
import { examine } from './examine.ts'
import { acceptedBy, testLogins, withAdmin } from './logins.ts'
import { type Context, nodesOf, type RedisDeps, type RedisTargetOptions } from './options.ts'
import { requireTellable } from './replication.ts'
import { countSessions, endSessions } from './sessions.ts'
import { replacePassword, singleUser } from './single-user.ts'

export type { Endpoint, RedisDeps, RedisTargetOptions, SentinelAddress, TlsOptions } from './options.ts'

const strategies = { 'dual-password': dualPassword, 'single-user': singleUser, 'alternating-users': alternatingUsers }

/** A target for one secret. No primary among the endpoints, or what a strategy needs missing: `config-invalid`. */
export function createRedisTarget(options: RedisTargetOptions, deps: RedisDeps): SettableTarget {
  const context: Context = { ...options, now: () => deps.now() }
  requireOptions(context)
  const strategy = strategies[context.strategy](context)
  return {
    kind: 'settable',
    engine: 'redis',
    endpoints: context.endpoints.map(({ name }) => name),
    ...strategy,
    set: (change, call) =>
      explained(context, change.current.username, call, async () => {
        requireTellable(context, change.pending)
        await strategy.set(change, call)
      }),
    test: (credential, call) => testLogins(context, credential, call),
    accepts: (credential, call) => acceptedBy(context, credential, call),
    examine: (current, call) => examine(context, current, call),
    ...(context.strategy === 'alternating-users' && countSessions(context)),
    ...endSessions(context),
    ...(context.admin && { force: force(context) }),
  }
}

function requireOptions(context: Context): void {
  const { strategy, users, replication, sentinels = [], masterName = '' } = context
  const invalid = (message: string) => new RotationError('config-invalid', message)
  requireEndpoints('A Redis', context.endpoints, 'some')
  if (strategy === 'alternating-users') requirePair(users)
  if (sentinels.length > 0 && masterName === '') throw invalid('Sentinels need the name that they know the primary by.')
  if (strategy === 'alternating-users' && (replication === true || sentinels.length > 0))
    throw invalid('The login of replication or of Sentinels cannot alternate between two users: use dual-password.')
}

/** Makes a credential the only one of its login, whatever the nodes hold. */
const force =
  (context: Context) =>
  async (credential: Credential, call: TargetCall): Promise<void> => {
    const { users, strategy } = context
    if (strategy === 'alternating-users' && users?.includes(credential.username) !== true)
      throw new RotationError('identity-mismatch', 'The version names a user that the configuration does not.')
    requireTellable(context, credential)
    await withAdmin(context, call, async nodes => {
      const looks = await lookEverywhere(nodes, credential.username, context)
      await (strategy === 'single-user' ? replacePassword : makeOnly)(context, looks, credential, call)
    })
  }

/**
 * The server answers an unknown user and one that is off like a wrong password, but only a wrong password lets a run try another
 * version: an admin can tell which it was.
 */
async function explained(context: Context, login: string, call: TargetCall, set: () => Promise<void>): Promise<void> {
  try {
    await set()
  } catch (error) {
    if (!isRotationError(error, 'auth-failed') || context.admin === undefined) throw error
    const endpoint = nodesOf(context).find(({ name }) => name === error.at) ?? writerOf(context)
    const looking = using(openAdmin(context, call, endpoint), admin => accountOf(admin, login))
    const account = await looking.catch(() => 'hidden' as const)
    if (account === 'hidden') throw error
    const { at, foreign } = error
    if (account === undefined)
      throw new RotationError('identity-mismatch', 'The login of the current version does not exist.', { at, foreign })
    if (!account.enabled) throw new RotationError('login-locked', 'The login is off.', { at, foreign })
    throw error
  }
}
