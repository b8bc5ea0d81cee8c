/**
 * Where audit events go.
 * @module
 */
import type { AuditEvent } from '../audit/event.ts'

export interface AuditSink {
  /** Durable when it resolves. Repeat: a second line. Failure: throws, and the run stops before it changes anything further. */
  write(event: AuditEvent): Promise<void>
}
