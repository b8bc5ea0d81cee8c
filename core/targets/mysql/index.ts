/**
 * MySQL 8.0.14 and later: two passwords of one login (`dual-password`), two logins in turn (`alternating-users`), or one password at a
 * time (`single-user`). Needs the package `mysql2`, which is loaded at the first connection.
 * @module
 */
import type { SettableTarget } from '../../ports/rotation-target.ts'
import { requireEndpoints } from '../common/endpoint.ts'
import { requirePair } from '../common/twin.ts'
import { acceptedBy, testLogins } from '../mysql-wire/logins.ts'
import { alternatingUsers } from './alternating-users.ts'
import { dualPassword } from './dual-password.ts'
import { examine } from './examine.ts'
import { type Context, dialect, type MysqlDeps, type MysqlTargetOptions } from './options.ts'
import { endSessions } from './sessions.ts'
import { force, singleUser } from './single-user.ts'

export type { Endpoint, MysqlDeps, MysqlTargetOptions, TlsOptions } from './options.ts'

const strategies = {
  'dual-password': dualPassword,
  'alternating-users': alternatingUsers,
  'single-user': singleUser,
}

/** A target for one secret. Endpoints without exactly one writer, or alternating-users without a pair: `config-invalid`. */
export function createMysqlTarget(options: MysqlTargetOptions, deps: MysqlDeps): SettableTarget {
  const context: Context = { ...options, dialect, now: () => deps.now() }
  requireEndpoints('A MySQL', context.endpoints)
  if (context.strategy === 'alternating-users') requirePair(context.users)
  return {
    kind: 'settable',
    engine: 'mysql',
    endpoints: context.endpoints.map(({ name }) => name),
    ...strategies[context.strategy](context),
    test: (credential, call) => testLogins(context, credential, call),
    accepts: (credential, call) => acceptedBy(context, credential, call),
    examine: (current, call) => examine(context, current, call),
    endSessions: endSessions(context),
    ...(context.admin && { force: force(context) }),
  }
}
