/**
 * Every metric under its name of Prometheus and OpenTelemetry: what it says, its unit, its labels. Labels take only names of the
 * configuration and words of ours, so the number of series is bounded by `lockstep.yml`.
 * @module
 */

export interface Metric {
  readonly type: 'gauge' | 'counter' | 'histogram'
  /** UCUM. Without a unit: empty; `1` would make a receiver append `_ratio`. */
  readonly unit: '' | 's' | 'd' | '{run}'
  readonly help: string
  readonly labels: readonly string[]
}

/** The name in lockstep.yml, the environment (`default` where none was chosen), and the kind of the target. */
const common = ['secret', 'environment', 'secret_type'] as const

export const catalogue = {
  secret_rotation_total: {
    type: 'counter',
    unit: '{run}',
    help: 'Runs on record: promoted a version (success), failed, or were refused by a rule.',
    labels: [...common, 'status'],
  },
  secret_rotation_duration_seconds: {
    type: 'histogram',
    unit: 's',
    help: 'From the begin of the run that promoted a version to the promotion.',
    labels: common,
  },
  secret_rotation_pending: {
    type: 'gauge',
    unit: '',
    help: '1 while a rotation is begun and not promoted, else 0.',
    labels: common,
  },
  /** A halted secret is tried no more: no counter moves, and only this goes on saying so. */
  secret_rotation_halted: {
    type: 'gauge',
    unit: '',
    help: '1 while rotations are stopped until a person acts, else 0.',
    labels: common,
  },
  secret_age_days: {
    type: 'gauge',
    unit: 'd',
    help: 'Days since consumers could first read the current version.',
    labels: common,
  },
  secret_expiration_days: {
    type: 'gauge',
    unit: 'd',
    help: 'Days until current is as old as its interval allows; below 0 it is older. Absent without an interval.',
    labels: common,
  },
  secret_last_rotation_timestamp_seconds: {
    type: 'gauge',
    unit: 's',
    help: 'When the last rotation was promoted. Absent before the first.',
    labels: common,
  },
  /** Not the same as the expiration: a maintenance window may open only after it, and until then nothing is overdue. */
  secret_next_rotation_timestamp_seconds: {
    type: 'gauge',
    unit: 's',
    help: 'When the next scheduled rotation may begin, by interval and window; in the past it is due. Absent without an interval.',
    labels: common,
  },
  secret_follower_lag_seconds: {
    type: 'gauge',
    unit: 's',
    help: '0 if the follower shows current; else seconds since the leader gave out what it does not show, or is not known to.',
    labels: [...common, 'follower'],
  },
  secret_retirement_held: {
    type: 'gauge',
    unit: '',
    help: '1 while followers, sessions or consumers keep the old credential from being ended, else 0.',
    labels: common,
  },
  /** What cannot be read has none of the others: their absence alone would look like health. */
  secret_readable: {
    type: 'gauge',
    unit: '',
    help: '1 if the store showed the secret, else 0.',
    labels: common,
  },
} as const satisfies Readonly<Record<string, Metric>>

export type MetricName = keyof typeof catalogue

export const metricNames = Object.keys(catalogue) as readonly MetricName[]

export const metricOf = (name: MetricName): Metric => catalogue[name]

/** Upper bounds of the duration, in seconds. The alert on slow rotations needs 120. */
export const durationBuckets = [1, 5, 15, 30, 60, 120, 300, 900] as const

export const statuses = ['success', 'failed', 'refused'] as const
export type Status = (typeof statuses)[number]
