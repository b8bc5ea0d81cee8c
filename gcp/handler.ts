/**
 * The composition root of `dist/gcp/index.mjs`: reads the configuration and the environment, and registers the functions. A
 * configuration that cannot be used ends the process at its start, with the reason.
 * @module
 */
import { cloudEvent, http } from '@google-cloud/functions-framework'
import type { GcpStoreConfig } from '../core/config/types.ts'
import { readConfig } from '../core/functions/configuration.ts'
import { Workshop } from '../core/functions/workshop.ts'
import { systemClock } from '../core/ports/clock.ts'
import { openFunctionStore } from './function-store.ts'
import { createFunctions } from './functions.ts'
import { toStream } from './log.ts'
import { PubSubQueue } from './queue.ts'

const { env } = process
const clock = systemClock

/** Of the platform, where it does not say: https://cloud.google.com/run/docs/configuring/request-timeout */
const DEFAULT_TIMEOUT = 60
const seconds = Number(env.CLOUD_RUN_TIMEOUT_SECONDS)

const workshop = new Workshop({
  config: readConfig('gcp', import.meta.dirname, env),
  clock,
  open: config => openFunctionStore(config as GcpStoreConfig, clock),
  postgres: () => import('../core/targets/postgres/index.ts'),
})

const functions = createFunctions({
  workshop,
  clock,
  write: toStream(process.stdout),
  queue: env.LOCKSTEP_QUEUE ? new PubSubQueue(env.LOCKSTEP_QUEUE, clock) : undefined,
  timeout: (seconds > 0 ? seconds : DEFAULT_TIMEOUT) * 1000,
  project:
    env.GOOGLE_CLOUD_PROJECT || [...workshop.config.stores.values()].map(store => (store as GcpStoreConfig).project)[0],
})

http('rotate', functions.rotate)
http('sweep', functions.sweep)
http('worker', functions.worker)
cloudEvent('onSecretEvent', functions.onSecretEvent)

// While the process starts it has more of the processor than any request has. The driver of the database waits for the first login.
await import('@google-cloud/secret-manager')
