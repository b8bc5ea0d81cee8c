/**
 * The functions with all that they need from their surroundings: what `dist/gcp/index.mjs` and the bundle that reaches every cloud have in
 * common. A configuration that cannot be used is said in the log at the start, and to every request.
 * @module
 */
import type { GcpStoreConfig, StoreConfig } from '../core/config/types.ts'
import { type Environment, memberOf, readConfig } from '../core/functions/configuration.ts'
import { FunctionLog } from '../core/functions/log.ts'
import { madeOnce } from '../core/functions/once.ts'
import { type FunctionStore, type Tools, Workshop } from '../core/functions/workshop.ts'
import { systemClock } from '../core/ports/clock.ts'
import { cloudSqlIam } from './admin-token.ts'
import { openFunctionStore } from './function-store.ts'
import { createFunctions, type Functions } from './functions.ts'
import { gcpHooks } from './hooks.ts'
import { toCloudLogging, type Write } from './log.ts'
import { PubSubQueue } from './queue.ts'

/** Of other clouds. */
export interface Beyond extends Pick<Tools<FunctionStore>, 'blobRegister'> {
  open(store: Exclude<StoreConfig, GcpStoreConfig>): Promise<FunctionStore>
}

export interface Process {
  readonly env: Environment
  /** The folder of the bundle. */
  readonly folder: string
  readonly write: Write
  /** What the bundle reaches besides. Absent: the own cloud alone. */
  readonly beyond?: Beyond
}

/** Of the platform, where it does not say: https://cloud.google.com/run/docs/configuring/request-timeout */
const DEFAULT_TIMEOUT = 60

export function gcpFunctions({ env, folder, write, beyond }: Process): Functions {
  const clock = systemClock
  const seconds = Number(env.CLOUD_RUN_TIMEOUT_SECONDS)
  const environment = env.LOCKSTEP_ENVIRONMENT || 'default'
  let project = env.GOOGLE_CLOUD_PROJECT
  const workshop = madeOnce(
    async () => {
      const config = await readConfig('gcp', folder, env, beyond ? 'every' : 'own')
      project ||= [...config.stores.values()].find(store => store.kind === 'gcp')?.project
      return new Workshop<FunctionStore>({
        ...beyond,
        config,
        clock,
        member: memberOf(env),
        // without it the configuration was read as one of this cloud
        open: async store => (store.kind === 'gcp' ? openFunctionStore(store, clock) : beyond!.open(store)),
        engines: () => import('../core/targets/engines.ts'),
        hooks: gcpHooks(clock),
        tokens: { 'cloud-sql-iam': () => cloudSqlIam() },
      })
    },
    error =>
      new FunctionLog(toCloudLogging(write, clock, { requestId: 'start', function: 'start' }), environment).failure(
        error,
      ),
  )
  return createFunctions({
    workshop,
    clock,
    write,
    environment,
    queue: env.LOCKSTEP_QUEUE ? new PubSubQueue(env.LOCKSTEP_QUEUE, clock) : undefined,
    timeout: (seconds > 0 ? seconds : DEFAULT_TIMEOUT) * 1000,
    project: () => project,
  })
}
