/**
 * Metrics as log lines, under the names that the function on AWS has (`aws/metrics.ts`): what follows from the audit trail.
 * @module
 */
import type { AuditEvent } from '../audit/event.ts'
import type { SweepResult } from '../fleet/sweep.ts'

export const NAMESPACE = 'SecretsRotation'

export interface Metrics {
  /** 1 for each rotation that is begun, or taken up again. */
  readonly RotationAttempts?: number
  /** 1 when a version was promoted, 0 when a run failed: the average is the share that went well. */
  readonly RotationSuccess?: number
  /** Milliseconds of the run that promoted. */
  readonly RotationDuration?: number
  /** 1 while a version may be pending, 0 when none is. */
  readonly PendingRotation?: number
  /** Days since consumers could first read current: 0 when it was promoted. */
  readonly SecretAge?: number
  /** Milliseconds from the leader's promotion until this follower showed it, with the dimension Follower. */
  readonly FollowerLag?: number
  /** 1 when a follower could not be brought up, 0 when it was, with the dimension Follower. */
  readonly FollowerBehind?: number
  /** 1 each time that required followers hold a rotation, or the end of the old credential; which, the line before it says. */
  readonly HeldByFollowers?: number
  /** Secrets whose rotations are stopped until a person acts: 1 when one is, all that are at each sweep. */
  readonly HaltedSecrets?: number
  /** Secrets that were due an hour ago or longer and that a sweep left so: at each sweep, 0 too. */
  readonly OverdueSecrets?: number
}

export function metricsOf({ event_type: type, result, duration_ms: took, metadata }: AuditEvent): Metrics | undefined {
  switch (type) {
    case 'follower_updated': {
      const { lag_ms: lag } = metadata
      return { FollowerBehind: result === 'success' ? 0 : 1, ...(typeof lag === 'number' && { FollowerLag: lag }) }
    }
    case 'rotation_waiting':
      return metadata.waiting_for === 'followers' ? { HeldByFollowers: 1 } : undefined
    case 'rotation_started':
      return { RotationAttempts: 1, PendingRotation: 1 }
    case 'secret_rotated':
    case 'rollback':
      return result === 'success'
        ? { RotationSuccess: 1, RotationDuration: took, PendingRotation: 0, SecretAge: 0 }
        : undefined
    case 'rotation_failed':
    case 'access_denied':
      return { RotationSuccess: 0 }
    case 'rotation_halted':
      return { RotationSuccess: 0, HaltedSecrets: 1 }
    default:
      return undefined
  }
}

/** Of all secrets together, with the environment as the only dimension. That there is such a line says that a sweep has run. */
export const metricsOfSweep = ({ outcomes, overdue }: SweepResult): Metrics => ({
  HaltedSecrets: outcomes.halted ?? 0,
  OverdueSecrets: overdue,
})

export const dimensionsOf = ({ secret_id, metadata: { strategy, follower } }: AuditEvent, environment: string) => ({
  SecretName: secret_id,
  Environment: environment,
  Strategy: strategy ?? 'unknown',
  ...(typeof follower === 'string' && { Follower: follower }),
})
