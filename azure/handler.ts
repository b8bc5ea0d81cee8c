/**
 * The composition root of `dist/azure/index.mjs`: reads the configuration and the environment, and registers the functions. A
 * configuration that cannot be used is said in the log at the start, and to every invocation; settings that cannot be used end it.
 * @module
 */
import { app } from '@azure/functions'
import type { AzureStoreConfig } from '../core/config/types.ts'
import { readConfig } from '../core/functions/configuration.ts'
import { madeOnce } from '../core/functions/once.ts'
import { Workshop } from '../core/functions/workshop.ts'
import { systemClock } from '../core/ports/clock.ts'
import { entra } from './admin-token.ts'
import { openFunctionStore } from './function-store.ts'
import { createFunctions } from './functions.ts'
import { azureHooks } from './hooks.ts'
import { CONNECTION, connection, queueName, StorageQueue } from './queue.ts'
import { scheduleOf, timeoutOf } from './settings.ts'

const { env } = process
const clock = systemClock

const environment = env.LOCKSTEP_ENVIRONMENT || 'default'

const workshop = madeOnce(
  async () =>
    new Workshop({
      config: await readConfig('azure', import.meta.dirname, env),
      clock,
      open: store => openFunctionStore(store as AzureStoreConfig, clock),
      engines: () => import('../core/targets/engines.ts'),
      hooks: azureHooks(clock),
      tokens: { entra: () => entra() },
    }),
  // there is no invocation yet whose context could write it
  ({ message, code, next }) => process.stderr.write(`${JSON.stringify({ level: 'ERROR', message, code, next })}\n`),
)

const name = queueName(env)
const connect = connection(env)

const functions = createFunctions({
  workshop,
  clock,
  environment,
  queue: connect && new StorageQueue(name, clock, () => connect(name)),
  timeout: timeoutOf(env),
})

// without this a timer that failed waits for its next tick; Event Grid and the queue deliver again by themselves
const retry = { strategy: 'fixedDelay', maxRetryCount: 3, delayInterval: { minutes: 1 } } as const
app.timer('sweep', { schedule: scheduleOf(env), retry, handler: functions.sweep })
// anonymous would be the default
app.http('rotate', { methods: ['POST'], authLevel: 'function', handler: functions.rotate })
app.eventGrid('onNearExpiry', { handler: functions.onNearExpiry })
if (connect) app.storageQueue('worker', { queueName: name, connection: CONNECTION, handler: functions.worker })

// While the process starts it has more of the processor than any run has. The driver of the database waits for the first login.
await Promise.all([import('@azure/keyvault-secrets'), import('@azure/storage-blob'), import('@azure/identity')])
