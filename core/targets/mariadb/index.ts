/**
 * MariaDB 10.4 and later: passwords of logins; two at a time (`dual-password`), one at a time (`single-user`) or by two logins in turn
 * (`alternating-users`). Needs the package `mysql2`, which is loaded at the first connection.
 * @module
 */
import type { SettableTarget } from '../../ports/rotation-target.ts'
import { requireEndpoints } from '../common/endpoint.ts'
import { requirePair } from '../common/twin.ts'
import { acceptedBy, testLogins } from '../mysql-wire/logins.ts'
import { alternatingUsers } from './alternating-users.ts'
import { dualPassword } from './dual-password.ts'
import { examine } from './examine.ts'
import { type Context, dialect, type MariadbDeps, type MariadbTargetOptions } from './options.ts'
import { endSessions } from './sessions.ts'
import { force, singleUser } from './single-user.ts'

export type { Endpoint, MariadbDeps, MariadbTargetOptions, TlsOptions } from './options.ts'

const strategies = {
  'single-user': singleUser,
  'alternating-users': alternatingUsers,
  'dual-password': dualPassword,
} as const

/** A target for one secret. Endpoints without exactly one writer, or alternating-users without a pair: `config-invalid`. */
export function createMariadbTarget(options: MariadbTargetOptions, deps: MariadbDeps): SettableTarget {
  const context: Context = { ...options, dialect, now: () => deps.now() }
  requireEndpoints('A MariaDB', context.endpoints)
  if (context.strategy === 'alternating-users') requirePair(context.users)
  return {
    kind: 'settable',
    engine: 'mariadb',
    endpoints: context.endpoints.map(({ name }) => name),
    ...strategies[context.strategy](context),
    test: (credential, call) => testLogins(context, credential, call),
    accepts: (credential, call) => acceptedBy(context, credential, call),
    examine: (current, call) => examine(context, current, call),
    endSessions: endSessions(context),
    ...(context.admin && { force: force(context) }),
  }
}
