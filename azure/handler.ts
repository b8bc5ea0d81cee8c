/**
 * The composition root of `dist/azure/index.mjs`: reads the configuration and the environment, and registers the functions. A
 * configuration that cannot be used ends the start of the app, with the reason.
 * @module
 */
import { app } from '@azure/functions'
import type { AzureStoreConfig } from '../core/config/types.ts'
import { readConfig } from '../core/functions/configuration.ts'
import { Workshop } from '../core/functions/workshop.ts'
import { systemClock } from '../core/ports/clock.ts'
import { openFunctionStore } from './function-store.ts'
import { createFunctions } from './functions.ts'
import { CONNECTION, connection, queueName, StorageQueue } from './queue.ts'
import { scheduleOf, timeoutOf } from './settings.ts'

const { env } = process
const clock = systemClock

const workshop = new Workshop({
  config: readConfig('azure', import.meta.dirname, env),
  clock,
  open: config => openFunctionStore(config as AzureStoreConfig, clock),
  postgres: () => import('../core/targets/postgres/index.ts'),
})

const name = queueName(env)
const connect = connection(env)

const functions = createFunctions({
  workshop,
  clock,
  queue: connect && new StorageQueue(name, clock, () => connect(name)),
  timeout: timeoutOf(env),
})

app.timer('sweep', { schedule: scheduleOf(env), handler: functions.sweep })
// anonymous would be the default
app.http('rotate', { methods: ['POST'], authLevel: 'function', handler: functions.rotate })
app.eventGrid('onNearExpiry', { handler: functions.onNearExpiry })
if (connect) app.storageQueue('worker', { queueName: name, connection: CONNECTION, handler: functions.worker })

// While the process starts it has more of the processor than any run has. The driver of the database waits for the first login.
await Promise.all([import('@azure/keyvault-secrets'), import('@azure/storage-blob'), import('@azure/identity')])
