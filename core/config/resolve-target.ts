/**
 * The target of one secret, and the admin login that it may use.
 * @module
 */

import { didYouMean } from './nearest.ts'
import type { DataPath } from './problem.ts'
import { resolveStore, resolveValue, type Scope } from './resolve-parts.ts'
import type { SecretInput } from './schema/root.ts'
import type { AdminConfig, EndpointConfig, PostgresTargetConfig, TargetConfig } from './types.ts'

type PostgresInput = Extract<SecretInput['target'], { kind: 'postgres' }>
type AdminInput = NonNullable<PostgresInput['admin']>

function resolveEndpoints(endpoints: PostgresInput['endpoints'], path: DataPath, { report }: Scope): EndpointConfig[] {
  const resolved = endpoints.map(({ name, host, port = 5432, database, role = 'writer' }) => ({
    name: name ?? `${host}:${port}`,
    host,
    port,
    database,
    role,
  }))
  const writers = resolved.filter(({ role }) => role === 'writer').length
  if (writers !== 1)
    report(path, `needs exactly one writer, and has ${writers}; give the others role: reader or pooler`)
  resolved.forEach(({ name }, index) => {
    if (resolved.findIndex(other => other.name === name) < index)
      report([...path, index], 'has the name of another endpoint; give each a name of its own')
  })
  return resolved
}

/** An admin secret of this file brings its store, shape and login; any other says them itself. */
function resolveAdmin(admin: AdminInput, path: DataPath, scope: Scope): AdminConfig {
  const { secrets, defaults } = scope.input
  if (admin.secret === undefined) {
    const store = resolveStore(admin.store ?? defaults?.store, [...path, 'store'], scope)
    return { secret: undefined, store, id: admin.id!, value: resolveValue(admin.value), user: admin.user }
  }
  const other = Object.hasOwn(secrets, admin.secret) ? secrets[admin.secret] : undefined
  if (other === undefined)
    scope.report([...path, 'secret'], `no such secret under secrets${didYouMean(admin.secret, Object.keys(secrets))}`)
  return {
    secret: admin.secret,
    // Its own entry reports a store that is missing.
    store: resolveStore(other?.store ?? defaults?.store, [], { ...scope, report: () => {} }),
    id: other?.id ?? admin.secret,
    value: resolveValue(other?.value ?? defaults?.value),
    user: other?.user,
  }
}

function resolvePostgres(target: PostgresInput, path: DataPath, scope: Scope): PostgresTargetConfig {
  const { tls } = target
  return {
    kind: 'postgres',
    endpoints: resolveEndpoints(target.endpoints, [...path, 'endpoints'], scope),
    tls: {
      mode: tls?.mode ?? 'verify-full',
      ca: tls?.ca === undefined ? undefined : scope.absolute(tls.ca),
      servername: tls?.servername,
    },
    admin: target.admin && resolveAdmin(target.admin, [...path, 'admin'], scope),
    ownerRole: target.ownerRole,
    probes: target.probes ?? [],
    adopt: target.adopt ?? false,
    hash: target.hash ?? 'scram-sha-256',
  }
}

export function resolveTarget({ target }: SecretInput, secretPath: DataPath, scope: Scope): TargetConfig {
  if (target.kind === 'postgres') return resolvePostgres(target, [...secretPath, 'target'], scope)
  return { kind: 'module', module: scope.absolute(target.module), options: target.options ?? {} }
}
