/**
 * Where audit events go.
 * @module
 */
import type { AuditEvent } from '../audit/event.ts'

export interface AuditSink {
  /** Durable when it resolves. Repeat: a second line. Failure: throws, and the run stops before it changes anything further. */
  write(event: AuditEvent): Promise<void>
  /** An event that the store has written together with its change: for every other place that wants it. Absent: there is none. */
  mirror?(event: AuditEvent): Promise<void>
}
