/**
 * Where audit events go besides the store: a file or a stream, one JSON line each.
 * @module
 */
import { open } from 'node:fs/promises'
import type { AuditEvent } from '../core/audit/event.ts'
import type { AuditSinkConfig } from '../core/config/types.ts'
import { RotationError } from '../core/errors.ts'
import type { AuditSink } from '../core/ports/audit-sink.ts'

/** Where the kinds `stdout` and `stderr` go. */
export interface Streams {
  readonly stdout: { write(text: string): unknown }
  readonly stderr: { write(text: string): unknown }
}

export const configuredSinks = (sinks: readonly AuditSinkConfig[], streams: Streams): AuditSink[] =>
  sinks.map(sink => ({
    write:
      sink.kind === 'file'
        ? event => append(sink.file, event)
        : async event => void streams[sink.kind].write(line(event)),
  }))

const line = (event: AuditEvent): string => `${JSON.stringify(event)}\n`

async function append(file: string, event: AuditEvent): Promise<void> {
  try {
    await using handle = await open(file, 'a', 0o600)
    await handle.write(line(event))
    await handle.sync()
  } catch {
    throw new RotationError('store-unavailable', `The audit file ${file} cannot be written.`, { at: file })
  }
}
