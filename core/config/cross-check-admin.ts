/**
 * Whether the admin of a target fits: another secret than the one that it changes, or a token where that is safe and possible.
 * @module
 */
import type { AdminToken } from '../ports/admin-token.ts'
import { secretPlace } from './cross-check-clouds.ts'
import { engines } from './engines.ts'
import { regionOfRds } from './profiles.ts'
import type { Report } from './resolve-parts.ts'
import { shapeHoldsUsername } from './shape-holds.ts'
import type { Config, EngineTargetConfig, SecretConfig, StoredAdminConfig, TokenAdminConfig } from './types.ts'

/** Those whose driver sends a token as the server wants it: in clear, inside TLS. */
const TOKEN_ENGINES: Readonly<Record<AdminToken, readonly EngineTargetConfig['kind'][]>> = {
  'rds-iam': ['postgres'],
  'cloud-sql-iam': ['postgres'],
  entra: ['postgres'],
}

export function checkAdmin(config: Config, secret: SecretConfig, target: EngineTargetConfig, report: Report): void {
  const { admin } = target
  if (admin === undefined) return
  if ('token' in admin) checkToken(secret, target, admin, report)
  else checkStored(config, secret, admin, report)
}

function checkStored(
  config: Config,
  { name, store, id }: SecretConfig,
  admin: StoredAdminConfig,
  report: Report,
): void {
  const path = ['secrets', name, 'target', 'admin']
  // The admin that changes itself would lock itself out, and then nobody could mend anything.
  if (secretPlace(config, admin.store, admin.id) === secretPlace(config, store, id))
    report(path, 'is the secret itself')
  if (admin.user === undefined && !shapeHoldsUsername(admin.value))
    report(path, 'has a value that does not name the login; say user')
}

function checkToken(
  { name, user, users }: SecretConfig,
  { kind, tls, endpoints }: EngineTargetConfig,
  { token, user: admin, region }: TokenAdminConfig,
  report: Report,
): void {
  const path = ['secrets', name, 'target']
  if (!TOKEN_ENGINES[token].includes(kind))
    report([...path, 'admin', 'token'], `is not possible on ${engines[kind].title}; name an admin secret`)
  // Whoever gets a token may log in with it, so it is only told to a server that has proven its name.
  if (tls.mode !== 'verify-full')
    report(
      [...path, 'tls'],
      `must be mode verify-full, because the token of the admin is sent as it is (token: ${token})`,
    )
  if (admin === user || users?.includes(admin))
    report([...path, 'admin', 'user'], 'is a login that this secret rotates')
  const nowhere = endpoints.find(({ host, role }) => role !== 'pooler' && !region && !regionOfRds(host))
  if (token === 'rds-iam' && nowhere)
    report([...path, 'admin'], `needs region: the host ${nowhere.host} does not name one, as endpoints of RDS do`)
}
