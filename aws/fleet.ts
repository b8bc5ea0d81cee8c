/**
 * The secrets of a `lockstep.yml` as a function reaches them: through Secrets Manager. Kept while the process is warm.
 * @module
 */
import type { Config } from '../core/config/types.ts'
import { Workshop } from '../core/functions/workshop.ts'
import type { Clock } from '../core/ports/clock.ts'
import { rdsIam } from './admin-token.ts'
import { awsHooks } from './hooks.ts'
import { type AwsStoreOptions, openAwsStore } from './index.ts'
import type { AwsSecretStore } from './secret-store.ts'

export type OpenStore = (options: AwsStoreOptions) => Promise<AwsSecretStore>

export const fleetOn = (config: Config, clock: Clock, open: OpenStore = openAwsStore): Workshop<AwsSecretStore> =>
  new Workshop({
    config,
    clock,
    open: store => {
      // The configuration was read as one of this cloud.
      const { region, endpoint, role } = store as Extract<typeof store, { kind: 'aws' }>
      return open({ region, endpoint, role, clock })
    },
    engines: () => import('../core/targets/engines.ts'),
    hooks: awsHooks(clock),
    tokens: { 'rds-iam': async () => rdsIam(clock) },
  })
