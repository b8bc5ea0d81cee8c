/**
 * The rotation function: what Secrets Manager calls four times for one rotation. The composition root of the bundle
 * `dist/aws/rotate.mjs`; the only file of this folder that reads the environment.
 * @module
 */
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { within } from '../core/functions/within.ts'
import { type Clock, systemClock } from '../core/ports/clock.ts'
import { runStep, type StepResult } from '../core/rotation/run-step.ts'
import { createClient } from './client.ts'
import { Recollection } from './drop-in/choice.ts'
import { type ManagedDatabases, managedDatabases } from './drop-in/managed-databases.ts'
import { readSettings, type Settings } from './drop-in/settings.ts'
import type { Environment } from './drop-in/variables.ts'
import { parseEvent } from './event.ts'
import { Invocation } from './invocation.ts'
import { Log, toStream, type WriteLine } from './log.ts'
import { Report } from './report.ts'
import { Requests } from './requests.ts'

/** What is used of Lambda's. */
export interface LambdaContext {
  readonly awsRequestId: string
  getRemainingTimeInMillis(): number
}

export interface Surroundings {
  readonly env: Environment
  readonly clock: Clock
  readonly write: WriteLine
  /** Made at the first invocation, and kept while the process is warm. */
  readonly client: (settings: Settings) => Promise<SecretsManagerClient>
  readonly rds: ManagedDatabases
}

export type RotationHandler = (event: unknown, context: LambdaContext) => Promise<Pick<StepResult, 'outcome'>>

/** Returns when the step is done or was done before. Everything else is thrown, or the service would go on. */
export function createHandler(surroundings: Surroundings): RotationHandler {
  const { env, clock, write, rds } = surroundings
  const recollection = new Recollection()
  let requests: Promise<Requests> | undefined
  const connect = (settings: Settings): Promise<Requests> => {
    requests ??= surroundings.client(settings).then(client => new Requests(client, clock))
    requests.catch(() => {
      requests = undefined
    })
    return requests
  }

  return async (event, context) => {
    const began = clock.now()
    const had = context.getRemainingTimeInMillis()
    let report = new Report(new Log(write, clock, { requestId: context.awsRequestId }), clock, began)
    try {
      const rotation = parseEvent(event)
      report = report.about(rotation)
      const settings = readSettings(env)
      const wiring = { settings, requests: await connect(settings), rds, clock, recollection, timeLimit: had }
      const invocation = new Invocation(rotation, wiring)
      await report.begin(invocation, settings.environment, had)
      const result = await within(context.getRemainingTimeInMillis(), clock, async ({ signal, deadline }) => {
        await invocation.learnStrategy({ signal, deadline })
        return runStep(invocation.setup(report.log), invocation.request(deadline), signal)
      })
      return await report.succeeded(result)
    } catch (thrown) {
      throw await report.failed(thrown, had)
    }
  }
}

// While the process starts it has more of the processor than any invocation has. `pg` waits for the first login: not every step
// has one.
await import('@aws-sdk/client-secrets-manager')

export const handler: RotationHandler = createHandler({
  env: process.env,
  clock: systemClock,
  write: toStream(process.stdout),
  client: ({ endpoint }) => createClient({ endpoint }),
  rds: managedDatabases(),
})
