/**
 * The composition root of `dist/gcp/index.mjs`: reads the configuration and the environment, and registers the functions. A
 * configuration that cannot be used is said in the log at the start, and to every request.
 * @module
 */
import { cloudEvent, http } from '@google-cloud/functions-framework'
import type { GcpStoreConfig } from '../core/config/types.ts'
import { readConfig } from '../core/functions/configuration.ts'
import { FunctionLog } from '../core/functions/log.ts'
import { madeOnce } from '../core/functions/once.ts'
import { Workshop } from '../core/functions/workshop.ts'
import { systemClock } from '../core/ports/clock.ts'
import { cloudSqlIam } from './admin-token.ts'
import { openFunctionStore } from './function-store.ts'
import { createFunctions } from './functions.ts'
import { gcpHooks } from './hooks.ts'
import { toCloudLogging, toStream } from './log.ts'
import { PubSubQueue } from './queue.ts'

const { env } = process
const clock = systemClock

/** Of the platform, where it does not say: https://cloud.google.com/run/docs/configuring/request-timeout */
const DEFAULT_TIMEOUT = 60
const seconds = Number(env.CLOUD_RUN_TIMEOUT_SECONDS)

const write = toStream(process.stdout)
const environment = env.LOCKSTEP_ENVIRONMENT || 'default'
let project = env.GOOGLE_CLOUD_PROJECT

const workshop = madeOnce(
  async () => {
    const config = await readConfig('gcp', import.meta.dirname, env)
    project ||= [...config.stores.values()].find(store => store.kind === 'gcp')?.project
    return new Workshop({
      config,
      clock,
      open: store => openFunctionStore(store as GcpStoreConfig, clock),
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

const functions = createFunctions({
  workshop,
  clock,
  write,
  environment,
  queue: env.LOCKSTEP_QUEUE ? new PubSubQueue(env.LOCKSTEP_QUEUE, clock) : undefined,
  timeout: (seconds > 0 ? seconds : DEFAULT_TIMEOUT) * 1000,
  project: () => project,
})

http('rotate', functions.rotate)
http('sweep', functions.sweep)
http('worker', functions.worker)
cloudEvent('onSecretEvent', functions.onSecretEvent)

// While the process starts it has more of the processor than any request has. The driver of the database waits for the first login.
await import('@google-cloud/secret-manager')
