/**
 * The function behind the queue: does what a sweep could not finish. The composition root of the bundle `dist/aws/worker.mjs`. Its
 * event source must report batch item failures (`FunctionResponseTypes: [ReportBatchItemFailures]`), or SQS takes every answer for
 * success; when nothing of a batch was done, it throws, which needs no setting.
 * @module
 */
import { type RotationError, sanitise } from '../core/errors.ts'
import { inParallel } from '../core/fleet/pool.ts'
import { workOn } from '../core/fleet/work.ts'
import { parseItem } from '../core/fleet/work-item.ts'
import { systemClock } from '../core/ports/clock.ts'
import { failureFields } from './failure.ts'
import { asFunction, type Handler, quietly, type Shift, type Surroundings } from './function.ts'
import { toStream } from './log.ts'
import { type Message, parseBatch } from './queue-event.ts'

/** https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html */
export interface BatchAnswer {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[]
  readonly [more: string]: readonly { readonly itemIdentifier: string }[]
}

/** Logins at one target, and calls to one store: a batch holds ten messages, or what its event source says. */
const WIDTH = 4

/** Names what SQS is to deliver again: what failed, and what there was no time for. */
export const createWorker = (surroundings: Surroundings): Handler<BatchAnswer> =>
  asFunction(surroundings, {
    name: 'worker',
    parse: parseBatch,
    work: async (messages: readonly Message[], shift: Shift) => {
      const failures: { id: string; error: RotationError }[] = []
      const bySecret = [...Map.groupBy(messages, secretIn).values()]
      await inParallel(bySecret, WIDTH, async ofOne => {
        // one after the other: a second run of the same secret would only meet the first
        for (const { id, body } of ofOne) {
          const error = await failureOf(body, shift)
          if (error) failures.push({ id, error })
        }
      })
      const [first] = failures
      if (first && failures.length === messages.length) throw first.error
      return { batchItemFailures: failures.map(({ id }) => ({ itemIdentifier: id })) }
    },
  })

function secretIn({ body }: Message): string | undefined {
  try {
    return parseItem(body).secret
  } catch {
    return undefined
  }
}

async function failureOf(body: unknown, shift: Shift): Promise<RotationError | undefined> {
  const { fleet, signal, log } = shift
  let about = {}
  try {
    const { secret, do: what, asked } = parseItem(body)
    about = { secret, do: what, waitedMs: fleet.clock.now() - asked }
    const outcome = await workOn(fleet, secret, what, shift.request('scheduled', 'sqs.amazonaws.com'), signal)
    await quietly(log.line('INFO', `worker: ${outcome}`, { ...about, outcome }))
    return undefined
  } catch (thrown) {
    const error = sanitise(thrown)
    await quietly(log.line('ERROR', error.message, { ...about, ...failureFields(error, error.next) }))
    return error
  }
}

await import('@aws-sdk/client-secrets-manager')

export const handler: Handler<BatchAnswer> = createWorker({
  env: process.env,
  clock: systemClock,
  write: toStream(process.stdout),
  folder: import.meta.dirname,
})
