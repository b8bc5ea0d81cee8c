/**
 * Metrics as log lines in CloudWatch's embedded metric format: no call, no permission, no waiting.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 * @module
 */
import type { Instant } from '../core/ports/clock.ts'
import type { Fields } from './log.ts'

export const NAMESPACE = 'SecretsRotation'

export const units = {
  /** Values brought: 1 for each createSecret that was done. A rotation that is begun again counts again. */
  RotationAttempts: 'Count',
  /** 1 when a version was promoted, 0 when a step failed: the average is the share that went well. */
  RotationSuccess: 'Count',
  /** From the creation of the version to its promotion. */
  RotationDuration: 'Milliseconds',
  /** 1 while a version is pending, 0 when none is. */
  PendingRotation: 'Count',
  /** Days since the version was created that consumers read. */
  SecretAge: 'None',
  /** From the leader's promotion until a follower showed it. */
  FollowerLag: 'Milliseconds',
  /** 1 when a follower could not be brought up, 0 when it was. */
  FollowerBehind: 'Count',
  /** 1 each time that required followers hold a rotation, or the end of the old credential. */
  HeldByFollowers: 'Count',
  /** Secrets whose rotations are stopped until a person acts: 1 when one is, all that are at each sweep. */
  HaltedSecrets: 'Count',
  /** Secrets that were due an hour ago or longer and that a sweep left so: at each sweep, 0 too. */
  OverdueSecrets: 'Count',
} as const

export type Metrics = { readonly [name in keyof typeof units]?: number | undefined }

export interface Dimensions {
  readonly Environment: string
  /** Absent of what is measured over all secrets, as is the strategy. */
  readonly SecretName?: string
  readonly Strategy?: string
  /** Of what is measured at each follower. */
  readonly Follower?: string
}

/** What CloudWatch makes metrics of: each secret by itself, and all together, for alarms that know no names. */
function dimensionSets(dimensions: Dimensions): readonly string[][] {
  const own = (['SecretName', 'Environment', 'Strategy', 'Follower'] as const).filter(name => name in dimensions)
  return own.length === 1 ? [own] : [own, ['Environment']]
}

/** The line; undefined if there is nothing to measure. Values that are no finite number are left out. */
export function metricsLine(metrics: Metrics, dimensions: Dimensions, now: Instant): Fields | undefined {
  const names = Object.keys(units) as (keyof typeof units)[]
  const present = names.filter(name => Number.isFinite(metrics[name]))
  if (present.length === 0) return undefined
  const directive = {
    Namespace: NAMESPACE,
    Dimensions: dimensionSets(dimensions),
    Metrics: present.map(name => ({ Name: name, Unit: units[name] })),
  }
  const values = Object.fromEntries(present.map(name => [name, metrics[name]]))
  return { _aws: { Timestamp: Math.floor(now), CloudWatchMetrics: [directive] }, ...dimensions, ...values }
}
