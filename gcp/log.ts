/**
 * Lines that Cloud Logging understands: one JSON object a line. https://cloud.google.com/logging/docs/structured-logging
 * @module
 */
import type { Fields, Level, WriteLine } from '../core/functions/log.ts'
import type { Clock } from '../core/ports/clock.ts'

const severities: Readonly<Record<Level, string>> = { INFO: 'INFO', WARN: 'WARNING', ERROR: 'ERROR' }

export interface LineContext {
  readonly requestId: string
  /** The function's name. */
  readonly function: string
  /** As Cloud Logging names it: `projects/PROJECT/traces/TRACE`. */
  readonly trace?: string | undefined
}

/** Takes one line, without its end; resolves when the stream has it. */
export type Write = (line: string) => Promise<void>

export const toCloudLogging =
  (write: Write, clock: Pick<Clock, 'now'>, { requestId, function: name, trace }: LineContext): WriteLine =>
  (level, message, fields) => {
    const line: Fields = {
      severity: severities[level],
      message,
      time: new Date(clock.now()).toISOString(),
      ...fields,
      requestId,
      'logging.googleapis.com/labels': { requestId, function: name },
      ...(trace !== undefined && { 'logging.googleapis.com/trace': trace }),
    }
    return write(JSON.stringify(line))
  }

/** The name of the trace that a request belongs to, from its headers. Neither of the two, or no project known: undefined. */
export function traceOf(header: (name: string) => unknown, project: string | undefined): string | undefined {
  const [, w3c] = /^[0-9a-f]{2}-([0-9a-f]{32})-/.exec(String(header('traceparent'))) ?? []
  const [, google] = /^([0-9a-f]{32})(?:\/|$)/.exec(String(header('x-cloud-trace-context'))) ?? []
  const trace = w3c ?? google
  return trace === undefined || !project ? undefined : `projects/${project}/traces/${trace}`
}

export const toStream =
  (stream: NodeJS.WritableStream): Write =>
  line =>
    new Promise((resolve, reject) => {
      stream.write(`${line}\n`, error => (error ? reject(error) : resolve()))
    })
