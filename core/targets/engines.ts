/**
 * From a configured target to one that works: the engine of its kind, loaded when it is used.
 * @module
 */
import type { EngineTargetConfig, SecretConfig } from '../config/types.ts'
import { readText } from '../fleet/wire.ts'
import type { Clock } from '../ports/clock.ts'
import type { SettableTarget } from '../ports/rotation-target.ts'
import type { Credential } from '../secret/credential.ts'

export interface EngineOrder<Target extends EngineTargetConfig = EngineTargetConfig> {
  readonly deployment: string
  readonly secret: SecretConfig
  /** Of the secret, or a part of it. */
  readonly target: Target
  /** Fetches the admin's login when it is needed; absent: no admin. */
  readonly admin: (() => Promise<Credential>) | undefined
}

/** Nothing is connected yet. The CA file cannot be read: `config-invalid`. */
export const openTarget = (order: EngineOrder, clock: Clock): Promise<SettableTarget> =>
  // Each opener is handed the kind that it is listed under.
  (openers[order.target.kind] as Opener<EngineTargetConfig>)(order, clock)

type Opener<Target extends EngineTargetConfig> = (order: EngineOrder<Target>, clock: Clock) => Promise<SettableTarget>

const openers: { readonly [Kind in EngineTargetConfig['kind']]: Opener<Extract<EngineTargetConfig, { kind: Kind }>> } =
  {
    async mariadb(order, clock) {
      const { createMariadbTarget } = await import('./mariadb/index.ts')
      const { hosts } = order.target
      const strategies = ['dual-password', 'alternating-users', 'single-user'] as const
      return createMariadbTarget({ ...common(order, strategies), hosts }, clock)
    },
    async mongodb(order, clock) {
      const { createMongodbTarget } = await import('./mongodb/index.ts')
      const { authSource, adminAuthSource, plaintext } = order.target
      const more = { authSource, adminAuthSource, plaintext }
      return createMongodbTarget({ ...common(order, ['single-user', 'alternating-users']), ...more }, clock)
    },
    async mysql(order, clock) {
      const { createMysqlTarget } = await import('./mysql/index.ts')
      const { hosts, serverPublicKey: file } = order.target
      const serverPublicKey = file === undefined ? undefined : readText(file, 'public key file')
      const strategies = ['dual-password', 'alternating-users', 'single-user'] as const
      return createMysqlTarget({ ...common(order, strategies), hosts, serverPublicKey }, clock)
    },
    async oracle(order, clock) {
      const { createOracleTarget } = await import('./oracle/index.ts')
      const { grace } = order.secret
      return createOracleTarget({ ...common(order, ['dual-password']), grace }, { now: () => clock.now() })
    },
    async postgres(order, clock) {
      const { createPostgresTarget } = await import('./postgres/index.ts')
      const { ownerRole, hash } = order.target
      return createPostgresTarget({ ...common(order, ['single-user', 'alternating-users']), ownerRole, hash }, clock)
    },
    async redis(order, clock) {
      const { createRedisTarget } = await import('./redis/index.ts')
      const { replication, sentinels, masterName, unsaved } = order.target
      const strategies = ['dual-password', 'alternating-users', 'single-user'] as const
      const more = { replication, sentinels, masterName, unsaved }
      return createRedisTarget({ ...common(order, strategies), ...more }, clock)
    },
    async sqlserver(order, clock) {
      const { createSqlServerTarget } = await import('./sqlserver/index.ts')
      const { contained } = order.target
      return createSqlServerTarget({ ...common(order, ['alternating-users']), contained }, clock)
    },
  }

/** What all engines are made from. `strategies`: those that the configuration was checked to allow. */
function common<Target extends EngineTargetConfig, const S extends string>(
  { deployment, secret, target, admin }: EngineOrder<Target>,
  strategies: readonly S[],
) {
  const { name, strategy, users } = secret
  const { tls, probes, adopt } = target
  return {
    strategy: strategies.find(one => one === strategy) ?? strategies[0]!,
    users,
    endpoints: target.endpoints as Target['endpoints'],
    tls: { ...tls, ca: tls.ca === undefined ? undefined : readText(tls.ca, 'CA file') },
    probes,
    admin,
    owner: `lockstep:${deployment}/${name}`,
    adopt,
  }
}
