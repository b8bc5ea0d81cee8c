/**
 * The functions with their triggers, as the host's library takes them. Settings that cannot be used: `config-invalid`.
 * @module
 */
import { app } from '@azure/functions'
import type { Environment } from '../core/functions/configuration.ts'
import type { Functions } from './functions.ts'
import { CONNECTION, connection, queueName } from './queue.ts'
import { scheduleOf } from './settings.ts'

export function registered(functions: Functions, env: Environment): void {
  // without this a timer that failed waits for its next tick; Event Grid and the queue deliver again by themselves
  const retry = { strategy: 'fixedDelay', maxRetryCount: 3, delayInterval: { minutes: 1 } } as const
  app.timer('sweep', { schedule: scheduleOf(env), retry, handler: functions.sweep })
  // anonymous would be the default
  app.http('rotate', { methods: ['POST'], authLevel: 'function', handler: functions.rotate })
  app.eventGrid('onNearExpiry', { handler: functions.onNearExpiry })
  if (connection(env))
    app.storageQueue('worker', { queueName: queueName(env), connection: CONNECTION, handler: functions.worker })
}
