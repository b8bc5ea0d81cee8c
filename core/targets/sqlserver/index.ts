/**
 * SQL Server and Azure SQL, a preview: passwords of two logins in turn (`alternating-users`); a login has one password only.
 * Needs the package `mssql`, which is loaded at the first connection.
 * @module
 */
import { RotationError } from '../../errors.ts'
import type { SettableTarget } from '../../ports/rotation-target.ts'
import { requireEndpoints } from '../common/endpoint.ts'
import { requirePair } from '../common/twin.ts'
import { alternatingUsers, force } from './alternating-users.ts'
import { examine } from './examine.ts'
import { acceptedBy, testLogins } from './logins.ts'
import type { Context, SqlServerDeps, SqlServerTargetOptions } from './options.ts'
import { sessionCalls } from './sessions.ts'

export type { Endpoint, SqlServerDeps, SqlServerTargetOptions, TlsOptions } from './options.ts'

/** A target for one secret. Endpoints without exactly one writer, no pair of users, TLS by `verify-ca`: `config-invalid`. */
export function createSqlServerTarget(options: SqlServerTargetOptions, deps: SqlServerDeps): SettableTarget {
  const context: Context = { ...options, now: () => deps.now() }
  requireEndpoints('A SQL Server', context.endpoints)
  requirePair(context.users)
  if (context.tls.mode === 'verify-ca')
    throw new RotationError(
      'config-invalid',
      'The driver of SQL Server checks chain and name of a certificate together.',
      {
        next: 'Use `mode: verify-full`, with `servername` where the certificate bears another name than the host.',
      },
    )
  return {
    kind: 'settable',
    engine: 'sqlserver',
    endpoints: context.endpoints.map(({ name }) => name),
    ...alternatingUsers(context),
    test: (credential, call) => testLogins(context, credential, call),
    accepts: (credential, call) => acceptedBy(context, credential, call),
    examine: (current, call) => examine(context, current, call),
    ...sessionCalls(context),
    ...(context.admin && { force: force(context) }),
  }
}
