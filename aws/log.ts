/**
 * Log lines that CloudWatch Logs Insights can query: one JSON object a line, plain data by type. Written to the stream itself,
 * not by `console`, which the runtime would wrap into objects of its own.
 * @module
 */
import type { AuditEvent } from '../core/audit/event.ts'
import type { AuditSink } from '../core/ports/audit-sink.ts'
import type { Clock } from '../core/ports/clock.ts'
import type { Loggable } from '../core/secret/loggable.ts'

/** Names of Lambda's own log levels, so that its filter applies to our lines too. */
export type Level = 'INFO' | 'WARN' | 'ERROR'

export type Fields = { readonly [field: string]: Loggable }

/** Takes one line, without its end; resolves when the stream has it, rejects if it cannot take it. */
export type WriteLine = (line: string) => Promise<void>

export class Log {
  readonly #write: WriteLine
  readonly #clock: Clock
  readonly #context: Fields

  /** `context` is on every line: the request, the secret's name, the step. */
  constructor(write: WriteLine, clock: Clock, context: Fields = {}) {
    this.#write = write
    this.#clock = clock
    this.#context = context
  }

  with(context: Fields): Log {
    return new Log(this.#write, this.#clock, { ...this.#context, ...context })
  }

  line(level: Level, message: string, fields: Fields = {}): Promise<void> {
    const timestamp = new Date(this.#clock.now()).toISOString()
    return this.#write(JSON.stringify({ level, message, timestamp, ...this.#context, ...fields }))
  }

  /** Data that has a shape of its own, as it is. */
  raw(data: Fields | AuditEvent): Promise<void> {
    return this.#write(JSON.stringify(data))
  }

  /** The audit trail: each event a line with exactly its own fields, and what a log query needs beside them. */
  audit(adjust: (event: AuditEvent) => AuditEvent = event => event): AuditSink {
    return {
      write: event => {
        const level: Level = event.result === 'failure' || event.result === 'refused' ? 'ERROR' : 'INFO'
        const { requestId } = this.#context
        const line = { level, message: `audit: ${event.event_type}`, requestId, ...adjust(event) }
        return this.raw(line)
      },
    }
  }
}

export const toStream =
  (stream: NodeJS.WritableStream): WriteLine =>
  line =>
    new Promise((resolve, reject) => {
      stream.write(`${line}\n`, error => (error ? reject(error) : resolve()))
    })
