/**
 * What functions of clouds write: lines of plain data, in the form that the cloud's own log understands.
 * @module
 */
import type { AuditEvent } from '../audit/event.ts'
import type { RotationError } from '../errors.ts'
import type { AuditSink } from '../ports/audit-sink.ts'
import type { Loggable } from '../secret/loggable.ts'
import { dimensionsOf, type Metrics, metricsOf, NAMESPACE } from './metrics.ts'

export type Level = 'INFO' | 'WARN' | 'ERROR'
export type Fields = { readonly [field: string]: Loggable }

/** Resolves when the line is written, rejects if it cannot be. */
export type WriteLine = (level: Level, message: string, fields: Fields) => Promise<void>

export class FunctionLog {
  readonly #write: WriteLine
  readonly #environment: string

  /** `environment`: a dimension of the metrics. */
  constructor(write: WriteLine, environment: string) {
    this.#write = write
    this.#environment = environment
  }

  /** That something cannot be written must neither undo what was done nor hide why it was not. */
  async line(level: Level, message: string, fields: Fields = {}): Promise<void> {
    try {
      await this.#write(level, message, fields)
    } catch {}
  }

  failure(error: RotationError, fields: Fields = {}): Promise<void> {
    return this.line('ERROR', error.message, { ...fields, ...failureFields(error) })
  }

  /**
   * The trail: each event a line with exactly its own fields beside the line's, and a line with the metrics that follow from it.
   * An event that cannot be written: rejects, so that the run stops before it changes anything further.
   */
  audit(): AuditSink {
    return {
      write: async event => {
        const level: Level = event.result === 'failure' || event.result === 'refused' ? 'ERROR' : 'INFO'
        await this.#write(level, `audit: ${event.event_type}`, asFields(event))
        await this.#measure(event)
      },
    }
  }

  async #measure(event: AuditEvent): Promise<void> {
    const metrics = metricsOf(event)
    if (metrics) await this.measured(metrics, dimensionsOf(event, this.#environment))
  }

  /** Without dimensions: of all secrets of the environment together. */
  measured(metrics: Metrics, dimensions: Fields = { Environment: this.#environment }): Promise<void> {
    return this.line('INFO', 'metrics', { Namespace: NAMESPACE, ...dimensions, ...metrics })
  }
}

const asFields = (event: AuditEvent): Fields => ({ ...event }) as unknown as Fields

const failureFields = ({ code, retry, step, secret, at, foreign, next }: RotationError): Fields => ({
  code,
  retry,
  ...(secret && { secret }),
  ...(step && { step }),
  ...(at && { at }),
  ...(foreign && { foreign }),
  next,
})
