/**
 * From what status and the audit trail know of one secret to samples of the catalogue. Pure; of values, nothing is known here.
 * @module
 */
import type { AuditEvent } from '../audit/event.ts'
import { nextStart, type Schedule } from '../policy/schedule.ts'
import type { Instant } from '../ports/clock.ts'
import type { SecretState } from '../ports/secret-store.ts'
import type { FollowerReport } from '../replication/replication.ts'
import { dueSince } from '../rotation/plan.ts'
import { type MetricName, statuses } from './catalogue.ts'
import { runsOf } from './runs.ts'

export interface Observed {
  /** The name in the configuration. */
  readonly secret: string
  readonly environment: string
  /** The kind of the target. */
  readonly type: string
  readonly schedule: Schedule
  /** Undefined: the store has no such secret, or did not answer. */
  readonly state: SecretState | undefined
  readonly halted: boolean
  /** Whether the plan says that followers hold the end of the old credential. */
  readonly heldByFollowers: boolean
  /** Absent: they were not visited. */
  readonly followers?: readonly Pick<FollowerReport, 'follower' | 'standing'>[] | undefined
  /** In the order of time. Absent: the trail cannot be read. */
  readonly events?: readonly AuditEvent[] | undefined
}

export interface Sample {
  readonly name: MetricName
  readonly labels: Readonly<Record<string, string>>
  /** Of a histogram: each observation. */
  readonly value: number | readonly number[]
  /** Of what is counted: since when. */
  readonly since?: Instant | undefined
}

type Found = Omit<Sample, 'labels'> & { readonly labels?: Sample['labels'] }

export function samplesOf(observed: Observed, now: Instant): readonly Sample[] {
  const { secret, environment, type } = observed
  const common = { secret, environment, secret_type: type }
  const found = [
    { name: 'secret_readable', value: asGauge(observed.state !== undefined) } as const,
    ...counted(observed),
    ...stateOf(observed, now),
    ...lagsOf(observed, now),
  ]
  return found.map(one => ({ ...one, labels: { ...common, ...one.labels } }))
}

const asGauge = (yes: boolean): number => (yes ? 1 : 0)

/** Zeros too: who has never failed has a series that can grow, or the first failure would be no increase. */
function counted({ events }: Observed): readonly Found[] {
  if (!events) return []
  const { counts, durations, since } = runsOf(events)
  return [
    ...statuses.map(status => ({
      name: 'secret_rotation_total' as const,
      labels: { status },
      value: counts[status],
      since,
    })),
    { name: 'secret_rotation_duration_seconds', value: durations, since },
  ]
}

function stateOf({ state, schedule, halted, heldByFollowers, events }: Observed, now: Instant): readonly Found[] {
  if (!state) return halted ? [{ name: 'secret_rotation_halted', value: 1 }] : []
  const runs = events && runsOf(events)
  const held = state.previous !== undefined && (heldByFollowers || runs?.held === true)
  const since = dueSince(state)
  const next = nextStart(since, schedule, since)
  const last = state.promotedAt ?? runs?.lastRotation
  const found: readonly (readonly [MetricName, number | undefined])[] = [
    ['secret_rotation_pending', asGauge(state.pending !== undefined)],
    ['secret_rotation_halted', asGauge(halted)],
    ['secret_age_days', days(Math.max(0, now - state.current.since))],
    ['secret_expiration_days', schedule.interval && days(since + schedule.interval - now)],
    ['secret_last_rotation_timestamp_seconds', last && last / 1000],
    ['secret_next_rotation_timestamp_seconds', next && next / 1000],
    ['secret_retirement_held', asGauge(held)],
  ]
  return found.flatMap(([name, value]) => (value === undefined ? [] : [{ name, value }]))
}

const days = (ms: number): number => ms / 86_400_000

/** A follower that does not answer counts as if it did not show current: an alert waits before it believes that. */
function lagsOf({ state, followers = [] }: Observed, now: Instant): readonly Found[] {
  if (!state) return []
  const { since } = state.current
  return followers.map(({ follower, standing }) => ({
    name: 'secret_follower_lag_seconds',
    labels: { follower },
    value: standing === 'in-sync' ? 0 : Math.max(0, now - since) / 1000,
  }))
}
