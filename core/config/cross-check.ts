/**
 * What no single key shows: whether the parts of a configuration fit together.
 * @module
 */
import { checkAdmin } from './cross-check-admin.ts'
import { checkAwsStores } from './cross-check-aws.ts'
import { checkAzureStores } from './cross-check-azure.ts'
import { checkConsumersRead, checkRecorded } from './cross-check-clouds.ts'
import { checkFollowers, placesOf } from './cross-check-followers.ts'
import { checkGcpStores } from './cross-check-gcp.ts'
import { checkProfile } from './cross-check-profile.ts'
import { checkSignIns } from './cross-check-sign-in.ts'
import { engines } from './engines.ts'
import type { Report } from './resolve-parts.ts'
import { shapeHoldsUsername } from './shape-holds.ts'
import type { Config, SecretConfig } from './types.ts'

function checkAlternating({ name, user, users, value }: SecretConfig, report: Report): void {
  const path = ['secrets', name]
  if (users === undefined) report([...path, 'users'], 'is missing; alternating-users needs its two logins')
  else if (users[0] === users[1]) report([...path, 'users'], 'needs two different logins')
  if (user !== undefined) report([...path, 'user'], 'does not go with alternating-users; use users')
  if (!shapeHoldsUsername(value))
    report([...path, 'value'], 'must hold the username: alternating-users changes it at every rotation')
}

function checkOneUser(secret: SecretConfig, report: Report): void {
  const path = ['secrets', secret.name]
  if (secret.users !== undefined)
    report([...path, 'users'], `does not go with ${secret.strategy}; it is for alternating-users`)
  if (secret.user === undefined && !shapeHoldsUsername(secret.value))
    report([...path, 'user'], 'is missing; the value does not name the login')
}

/** The time would be spent with consumers holding a dead credential. */
function checkSettle({ name, strategy, settle }: SecretConfig, report: Report): void {
  if (settle > 0 && strategy === 'single-user')
    report(['secrets', name, 'settle'], 'does not go with single-user: consumers would be cut off for that time')
}

function checkTarget(config: Config, secret: SecretConfig, report: Report): void {
  const { name, strategy, target } = secret
  const path = ['secrets', name]
  if (target.kind === 'module') return
  const { title, strategies } = engines[target.kind]
  if (!strategies.includes(strategy))
    report([...path, 'strategy'], `is not possible on ${title}; expected ${strategies.join(' or ')}`)
  checkAdmin(config, secret, target, report)
  checkProfile(secret, target, report)
}

/** Everything that identifies a login at a server, as far as the configuration knows it. */
function loginsOf({ target, user, users }: SecretConfig): string[] {
  if (target.kind === 'module') return []
  const logins = users ?? (user === undefined ? [] : [user])
  const servers = target.endpoints.map(({ host, port }) => `${host.toLowerCase()}\n${port}`)
  return [...new Set(servers)].flatMap(server => logins.map(login => `${server}\n${login}`))
}

/** Two rotations of one login would end each other's password. */
function checkUnique<Owner>(
  owners: readonly Owner[],
  keysOf: (owner: Owner) => readonly string[],
  clash: (owner: Owner, first: Owner) => void,
) {
  const first = new Map<string, Owner>()
  for (const owner of owners) {
    const taken = keysOf(owner)
      .map(key => first.get(key))
      .find(other => other !== undefined)
    if (taken !== undefined) clash(owner, taken)
    for (const key of keysOf(owner)) if (!first.has(key)) first.set(key, owner)
  }
}

export function crossCheck(config: Config, report: Report): void {
  checkRecorded(config, report)
  checkAwsStores(config, report)
  checkGcpStores(config, report)
  checkAzureStores(config, report)
  checkSignIns(config, report)
  checkConsumersRead(config, report)
  const all = [...config.secrets.values()]
  for (const secret of all) {
    if (secret.strategy === 'alternating-users') checkAlternating(secret, report)
    else checkOneUser(secret, report)
    checkTarget(config, secret, report)
    checkSettle(secret, report)
  }
  checkUnique(all, loginsOf, ({ name }, first) =>
    report(['secrets', name], `rotates a login at a server that ${first.name} rotates too`),
  )
  checkUnique(
    placesOf(config),
    ({ place }) => [place],
    ({ path }, first) => report(path, `is the same secret of the same store as ${first.name}`),
  )
  checkFollowers(config, report)
}
