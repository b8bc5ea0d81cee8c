/**
 * The one shape of an audit event: a line of JSON for every attempt, refused and failed ones too. Never a value.
 * Versioned by `schema`; fields are added, never renamed or reused.
 * @module
 */
import type { ErrorCode, StepName } from '../errors.ts'
import type { Loggable } from '../secret/loggable.ts'

export type EventType =
  | 'secret_created'
  | 'secret_rotated'
  | 'secret_revoked'
  | 'secret_read'
  | 'rotation_started'
  | 'rotation_step'
  | 'rotation_waiting'
  | 'rotation_failed'
  | 'rotation_halted'
  | 'rotation_discarded'
  | 'rollback'
  | 'access_denied'
  | 'consumer_hook'
  | 'follower_updated'
  | 'failed_over'
  | 'repaired'

export type RotationType = 'scheduled' | 'event' | 'manual' | 'emergency'

export interface Actor {
  /** Who asked: OS user, IAM principal, `scheduler`. */
  readonly user_id: string
  readonly ip_address?: string
  readonly user_agent: string
}

export interface AuditEvent {
  readonly schema: 1
  /** RFC 3339, UTC. */
  readonly timestamp: string
  readonly event_type: EventType
  readonly secret_id: string
  /** Version ids of the store, before and after. */
  readonly secret_version: { readonly old?: string; readonly new?: string }
  readonly actor: Actor
  readonly result: 'success' | 'failure' | 'refused' | 'waiting' | 'already'
  readonly duration_ms: number
  readonly metadata: {
    readonly rotation_id?: string
    readonly rotation_type: RotationType
    readonly strategy?: string
    readonly step?: StepName
    readonly error_code?: ErrorCode
    /** When the next rotation is due, RFC 3339. */
    readonly next_rotation?: string
    /** Why, in words of the person or the plan. */
    readonly reason?: string
    readonly [more: string]: Loggable
  }
}
