/**
 * The secrets of a `lockstep.yml` as a function reaches them: through Secrets Manager, and whatever else its bundle holds. Kept while the
 * process is warm.
 * @module
 */
import type { AwsStoreConfig, Config, StoreConfig } from '../core/config/types.ts'
import type { MemberName } from '../core/fleet/member.ts'
import { type FunctionStore, type Tools, Workshop } from '../core/functions/workshop.ts'
import type { Clock } from '../core/ports/clock.ts'
import { rdsIam } from './admin-token.ts'
import { awsHooks } from './hooks.ts'
import { type AwsStoreOptions, openAwsStore } from './index.ts'
import { placeOf, Replicas } from './replicas.ts'
import type { AwsSecretStore } from './secret-store.ts'

export type OpenStore = (options: AwsStoreOptions) => Promise<AwsSecretStore>

/** Of other clouds. */
export interface Beyond extends Pick<Tools<FunctionStore>, 'blobRegister'> {
  open(store: Exclude<StoreConfig, AwsStoreConfig>): Promise<FunctionStore>
}

interface Means {
  readonly clock: Clock
  readonly member: MemberName
  readonly open?: OpenStore | undefined
  readonly beyond?: Beyond | undefined
}

export function fleetOn(config: Config, { clock, member, open = openAwsStore, beyond }: Means): Workshop {
  const replicas = new Replicas(config, clock)
  return new Workshop<FunctionStore>({
    ...beyond,
    config,
    clock,
    member,
    open: async store => {
      // without it the configuration was read as one of this cloud
      if (store.kind !== 'aws') return beyond!.open(store)
      const betweenMoves = replicas.betweenMoves(store)
      return open({ ...placeOf(store), clock, ...(betweenMoves && { betweenMoves }) })
    },
    engines: () => import('../core/targets/engines.ts'),
    hooks: awsHooks(clock),
    tokens: { 'rds-iam': async () => rdsIam(clock) },
    native: replicas.open,
  })
}
