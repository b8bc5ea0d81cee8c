/**
 * Lines that Application Insights keeps: each one JSON text, so that a query may say `parse_json(message)`. Written by the context
 * of the invocation, which ties them to it. https://learn.microsoft.com/azure/azure-functions/functions-reference-node#logging
 * @module
 */
import type { Level, WriteLine } from '../core/functions/log.ts'
import type { Clock } from '../core/ports/clock.ts'

/** What is used of the library's. */
export interface Context {
  readonly invocationId: string
  readonly functionName: string
  info(text: string): void
  warn(text: string): void
  error(text: string): void
}

const methods: Readonly<Record<Level, 'info' | 'warn' | 'error'>> = { INFO: 'info', WARN: 'warn', ERROR: 'error' }

export const toContext =
  (context: Context, clock: Pick<Clock, 'now'>): WriteLine =>
  async (level, message, fields) => {
    const timestamp = new Date(clock.now()).toISOString()
    const { invocationId: requestId, functionName } = context
    context[methods[level]](JSON.stringify({ level, message, timestamp, ...fields, requestId, function: functionName }))
  }
