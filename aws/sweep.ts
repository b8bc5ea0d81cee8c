/**
 * The scheduled function: one pass over the secrets of `lockstep.yml`, doing what is due. The composition root of the bundle
 * `dist/aws/sweep.mjs`.
 * @module
 */
import { RotationError } from '../core/errors.ts'
import { type Failure, type SweepResult, sweep } from '../core/fleet/sweep.ts'
import { metricsOfSweep } from '../core/functions/metrics.ts'
import { systemClock } from '../core/ports/clock.ts'
import type { WorkQueue } from '../core/ports/work-queue.ts'
import { failureFields } from './failure.ts'
import { asFunction, type Handler, quietly, type Shift, type Surroundings } from './function.ts'
import { type Log, toStream } from './log.ts'
import { metricsLine } from './metrics.ts'
import { openQueue } from './queue.ts'
import { parseSchedule, type Scheduled } from './schedule-event.ts'

export interface SweepAnswer {
  readonly secrets: number
  readonly looked: number
  readonly outcomes: Readonly<Record<string, number>>
  readonly failed: number
  readonly handedOver: number
  readonly left: number
  readonly [more: string]: number | Readonly<Record<string, number>>
}

interface SweepSurroundings extends Surroundings {
  readonly queue: (url: string) => Promise<WorkQueue>
}

/**
 * Returns when the next pass is early enough. Throws, so that Lambda delivers again, what may succeed then: unfinished, no
 * answer. What only a person can mend is in the log and in the count, and is tried again by the next pass.
 */
export const createSweep = (surroundings: SweepSurroundings): Handler<SweepAnswer> =>
  asFunction(surroundings, {
    name: 'sweep',
    parse: parseSchedule,
    work: async (_: Scheduled, shift: Shift) => {
      const { fleet, signal, log, settings } = shift
      const queue = settings.queue === undefined ? undefined : await surroundings.queue(settings.queue)
      const request = shift.request('scheduled', 'events.amazonaws.com')
      const result = await sweep(fleet, { request, signal, queue })
      for (const failure of result.failed) await quietly(report(log, failure))
      const Environment = shift.env.LOCKSTEP_ENVIRONMENT || 'default'
      const metrics = metricsLine(metricsOfSweep(result), { Environment }, fleet.clock.now())
      if (metrics) await quietly(log.raw(metrics))
      const answer = { ...result, outcomes: { ...result.outcomes }, failed: result.failed.length }
      const again = worthRepeating(result, queue !== undefined)
      if (!again) return answer
      await quietly(log.line('WARN', 'sweep: not all of it', { answer }))
      throw again
    },
  })

function report(log: Log, { of, error, handedOver }: Failure): Promise<void> {
  const what = of === 'queue' ? { queue: true } : 'store' in of ? { store: of.store } : { secret: of.secret, do: of.do }
  return log.line('ERROR', error.message, { ...what, handedOver, ...failureFields(error, error.next) })
}

function worthRepeating({ failed, left }: SweepResult, queued: boolean): RotationError | undefined {
  const worst = failed.find(({ of }) => typeof of === 'string' || 'store' in of)
  if (worst) return worst.error
  const passing = failed.filter(({ error, handedOver }) => !handedOver && error.retry !== 'no')
  const [first] = passing
  if (first)
    return new RotationError(first.error.code, `${passing.length} secrets failed for now: ${first.error.message}`)
  if (left === 0) return undefined
  const next = queued ? undefined : 'Give the function more time, or a queue: LOCKSTEP_QUEUE_URL.'
  return new RotationError('no-time', `${left} secrets are left for another pass.`, { next })
}

await import('@aws-sdk/client-secrets-manager')

export const handler: Handler<SweepAnswer> = createSweep({
  env: process.env,
  clock: systemClock,
  write: toStream(process.stdout),
  folder: import.meta.dirname,
  queue: url => openQueue(url),
})
