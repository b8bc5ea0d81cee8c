/**
 * The audit trail of a fleet's functions, and the metrics that follow from it: under the names that functions of every cloud have.
 * @module
 */
import { dimensionsOf, metricsOf } from '../core/functions/metrics.ts'
import type { AuditSink } from '../core/ports/audit-sink.ts'
import type { Clock } from '../core/ports/clock.ts'
import type { Log } from './log.ts'
import { metricsLine } from './metrics.ts'

/** An event that cannot be written: rejects. A metric that cannot be is not missed. */
export function measured(log: Log, clock: Pick<Clock, 'now'>, environment: string): AuditSink {
  const trail = log.audit()
  return {
    write: async event => {
      await trail.write(event)
      const metrics = metricsOf(event)
      const line = metrics && metricsLine(metrics, dimensionsOf(event, environment), clock.now())
      if (line) await log.raw(line).catch(() => {})
    },
  }
}
