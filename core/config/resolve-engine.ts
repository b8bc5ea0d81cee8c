/**
 * What the targets of all engines have in common, resolved: endpoints, TLS, and the admin login.
 * @module
 */
import type { z } from 'zod'
import { engines } from './engines.ts'
import { didYouMean } from './nearest.ts'
import type { DataPath } from './problem.ts'
import type { Profile } from './profiles.ts'
import { resolveStore, resolveValue, type Scope } from './resolve-parts.ts'
import type { SecretInput } from './schema/root.ts'
import type { admin, tls } from './schema/target-parts.ts'
import type { AdminConfig, EndpointConfig, EngineParts, EngineTargetConfig, StoredAdminConfig } from './types.ts'

/** The target as written, of one kind. */
export type EngineInput<Kind extends EngineTargetConfig['kind']> = Extract<SecretInput['target'], { kind: Kind }>
type AdminInput = z.infer<typeof admin>

interface EndpointInput {
  readonly name?: string | undefined
  readonly host: string
  readonly port?: number | undefined
  readonly role?: EndpointConfig['role'] | undefined
}

interface Written<Endpoint extends EndpointInput> {
  readonly kind: EngineTargetConfig['kind']
  readonly endpoints: readonly Endpoint[]
  readonly tls?: z.infer<typeof tls> | undefined
  readonly admin?: AdminInput | undefined
  readonly profile?: Profile | undefined
  readonly probes?: readonly string[] | undefined
  readonly adopt?: boolean | undefined
}

export function resolveEngine<Endpoint extends EndpointInput>(
  target: Written<Endpoint>,
  path: DataPath,
  scope: Scope,
): EngineParts<Endpoint & EndpointConfig> {
  const { tls } = target
  return {
    endpoints: resolveEndpoints(target, [...path, 'endpoints'], scope),
    tls: {
      mode: tls?.mode ?? 'verify-full',
      ca: tls?.ca === undefined ? undefined : scope.absolute(tls.ca),
      servername: tls?.servername,
    },
    admin: target.admin && resolveAdmin(target.admin, [...path, 'admin'], scope),
    ...(target.profile && { profile: target.profile }),
    probes: target.probes ?? [],
    adopt: target.adopt ?? false,
  }
}

function resolveEndpoints<Endpoint extends EndpointInput>(
  { kind, endpoints }: Written<Endpoint>,
  path: DataPath,
  { report }: Scope,
): (Endpoint & EndpointConfig)[] {
  const { port: usual, writers } = engines[kind]
  const resolved = endpoints.map(endpoint => {
    const { host, port = usual, name = `${host}:${port}`, role = 'writer' } = endpoint
    return { ...endpoint, name, host, port, role }
  })
  const found = resolved.filter(({ role }) => role === 'writer').length
  if (writers === 'one' && found !== 1)
    report(path, `needs exactly one writer, and has ${found}; give the others role: reader or pooler`)
  if (writers === 'some' && found === 0) report(path, 'needs a writer')
  resolved.forEach(({ name }, index) => {
    if (resolved.findIndex(other => other.name === name) < index)
      report([...path, index], 'has the name of another endpoint; give each a name of its own')
  })
  return resolved
}

function resolveAdmin(admin: AdminInput, path: DataPath, scope: Scope): AdminConfig {
  const { token, user, region } = admin
  return token === undefined ? resolveStoredAdmin(admin, path, scope) : { token, user: user!, region }
}

/** An admin secret of this file brings its store, shape and login; any other says them itself. */
function resolveStoredAdmin(admin: AdminInput, path: DataPath, scope: Scope): StoredAdminConfig {
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
