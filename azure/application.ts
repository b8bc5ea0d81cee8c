/**
 * The functions with all that they need from their surroundings: what `dist/azure/index.mjs` and the bundle that reaches every cloud have
 * in common. A configuration that cannot be used is said in the log at the start, and to every invocation; settings that cannot be used
 * end it.
 * @module
 */
import type { AzureStoreConfig, StoreConfig } from '../core/config/types.ts'
import type { RotationError } from '../core/errors.ts'
import { type Environment, memberOf, readConfig } from '../core/functions/configuration.ts'
import { madeOnce } from '../core/functions/once.ts'
import { type FunctionStore, Workshop } from '../core/functions/workshop.ts'
import { systemClock } from '../core/ports/clock.ts'
import { entra } from './admin-token.ts'
import { openFunctionStore } from './function-store.ts'
import { createFunctions, type Functions } from './functions.ts'
import { azureHooks } from './hooks.ts'
import { connection, queueName, StorageQueue } from './queue.ts'
import { timeoutOf } from './settings.ts'

/** Of other clouds. */
export interface Beyond {
  open(store: Exclude<StoreConfig, AzureStoreConfig>): Promise<FunctionStore>
}

export interface Process {
  readonly env: Environment
  /** The folder of the bundle. */
  readonly folder: string
  /** Hears at the start why nothing can work: there is no invocation yet whose context could write it. */
  readonly unusable: (error: RotationError) => void
  /** What the bundle reaches besides. Absent: the own cloud alone. */
  readonly beyond?: Beyond
}

export function azureFunctions({ env, folder, unusable, beyond }: Process): Functions {
  const clock = systemClock
  const workshop = madeOnce(
    async () =>
      new Workshop<FunctionStore>({
        config: await readConfig('azure', folder, env, beyond ? 'every' : 'own'),
        clock,
        member: memberOf(env),
        // without it the configuration was read as one of this cloud
        open: async store => (store.kind === 'azure' ? openFunctionStore(store, clock) : beyond!.open(store)),
        blobRegister: async ({ deployment }, place) => {
          const { openBlobRegister } = await import('./leader-register.ts')
          return openBlobRegister({ place, deployment, clock })
        },
        engines: () => import('../core/targets/engines.ts'),
        hooks: azureHooks(clock),
        tokens: { entra: () => entra() },
      }),
    unusable,
  )
  const name = queueName(env)
  const connect = connection(env)
  return createFunctions({
    workshop,
    clock,
    environment: env.LOCKSTEP_ENVIRONMENT || 'default',
    queue: connect && new StorageQueue(name, clock, () => connect(name)),
    timeout: timeoutOf(env),
  })
}
