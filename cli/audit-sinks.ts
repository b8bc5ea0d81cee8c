/**
 * Where audit events go besides the store: a file or a stream, one JSON line each. Files can be read back.
 * @module
 */
import { open } from 'node:fs/promises'
import type { AuditEvent } from '../core/audit/event.ts'
import type { AuditSinkConfig } from '../core/config/types.ts'
import { RotationError } from '../core/errors.ts'
import type { AuditSink } from '../core/ports/audit-sink.ts'
import type { Trail } from './stores.ts'

/** Where the kinds `stdout` and `stderr` go. */
export interface Streams {
  readonly stdout: { write(text: string): unknown }
  readonly stderr: { write(text: string): unknown }
}

export interface ConfiguredSink extends AuditSink {
  /** Throws what `write` would throw, before there is anything to write. */
  ready(): Promise<void>
  /** A file can be read back, a stream cannot. */
  readonly trail?: Trail
}

export const configuredSinks = (sinks: readonly AuditSinkConfig[], streams: Streams): ConfiguredSink[] =>
  sinks.map(sink =>
    sink.kind === 'file'
      ? {
          write: event => append(sink.file, line(event)),
          ready: () => append(sink.file, ''),
          trail: { events: filter => eventsIn(sink.file, filter) },
        }
      : {
          write: async event => void streams[sink.kind].write(line(event)),
          ready: async () => {},
        },
  )

const line = (event: AuditEvent): string => `${JSON.stringify(event)}\n`

async function append(file: string, text: string): Promise<void> {
  try {
    await using handle = await open(file, 'a', 0o600)
    if (text === '') return
    await handle.write(text)
    await handle.sync()
  } catch {
    throw new RotationError('store-unavailable', `The audit file ${file} cannot be written.`, { at: file })
  }
}

/** A file that is not there yet holds no events; a line that is no event (a torn one, another program's) is passed over. */
async function eventsIn(file: string, { secret, limit }: Parameters<Trail['events']>[0]): Promise<AuditEvent[]> {
  const found: AuditEvent[] = []
  try {
    await using handle = await open(file, 'r')
    for await (const text of handle.readLines()) {
      const event = parsed(text)
      if (event?.secret_id === secret) found.push(event)
      if (found.length > 2 * limit) found.splice(0, found.length - limit)
    }
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return []
    throw new RotationError('store-unavailable', `The audit file ${file} cannot be read.`, { at: file })
  }
  return found.slice(-limit)
}

function parsed(text: string): AuditEvent | undefined {
  try {
    const event = JSON.parse(text) as Partial<AuditEvent> | null
    return event?.schema === 1 && typeof event.timestamp === 'string' ? (event as AuditEvent) : undefined
  } catch {
    return undefined
  }
}
