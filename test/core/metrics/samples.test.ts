/**
 * What a state and a trail say in metrics. Planted: 24 lines of the catalogue, `runsOf` and
 * `samplesOf` broken in turn.
 */
import { describe, expect, test } from 'vitest'
import type { AuditEvent } from '../../../core/audit/event.ts'
import { catalogue, durationBuckets, type MetricName, metricNames } from '../../../core/metrics/catalogue.ts'
import { runsOf } from '../../../core/metrics/runs.ts'
import { type Observed, samplesOf } from '../../../core/metrics/samples.ts'
import type { RotationId, SecretState, VersionId } from '../../../core/ports/secret-store.ts'

const DAY = 86_400_000
const now = Date.UTC(2026, 10, 30, 12)
const id = <T>(text: string) => text as T

const state = (more: Partial<SecretState> = {}): SecretState => ({
  current: { version: id<VersionId>('v-2'), since: now - 10 * DAY },
  attempts: 0,
  generation: 1,
  epoch: 0,
  ...more,
})
const observed = (more: Partial<Observed> = {}): Observed => ({
  secret: 'orders-db',
  environment: 'prod',
  type: 'postgres',
  schedule: { interval: 30 * DAY, window: undefined },
  state: state(),
  halted: false,
  heldByFollowers: false,
  events: [],
  ...more,
})
const previous = { version: id<VersionId>('v-1') }
const pending = { rotation: id<RotationId>('ls-x'), ours: true, since: now - 60_000, published: false }

const event = (type: AuditEvent['event_type'], more: Partial<AuditEvent> = {}): AuditEvent => ({
  schema: 1,
  timestamp: new Date(now - DAY).toISOString(),
  event_type: type,
  secret_id: 'orders-db',
  secret_version: {},
  actor: { user_id: 'deploy', user_agent: 'test' },
  result: 'success',
  duration_ms: 1_500,
  ...more,
  metadata: { rotation_type: 'scheduled', ...more.metadata },
})
const rotated = (rotation: string, more: Partial<AuditEvent> = {}) =>
  event('secret_rotated', { ...more, metadata: { rotation_type: 'scheduled', rotation_id: rotation } })
const waiting = (reason: string) =>
  event('rotation_waiting', { result: 'waiting', metadata: { rotation_type: 'scheduled', waiting_for: reason } })

const valueIn = (name: MetricName, seen: Observed) => samplesOf(seen, now).find(one => one.name === name)?.value

describe('a state', () => {
  test.each([
    ['secret_readable', {}, 1],
    ['secret_readable', { state: undefined }, 0],
    ['secret_rotation_pending', {}, 0],
    ['secret_rotation_pending', { state: state({ pending }) }, 1],
    ['secret_rotation_halted', {}, 0],
    ['secret_rotation_halted', { halted: true }, 1],
    ['secret_rotation_halted', { halted: true, state: undefined }, 1],
    ['secret_age_days', {}, 10],
    ['secret_age_days', { state: state({ current: { version: id<VersionId>('v'), since: now + 5_000 } }) }, 0],
    ['secret_expiration_days', {}, 20],
    ['secret_expiration_days', { schedule: { interval: 4 * DAY, window: undefined } }, -6],
    ['secret_expiration_days', { schedule: { interval: undefined, window: undefined } }, undefined],
    // by hand since: the interval counts from the rotation
    ['secret_expiration_days', { state: state({ anomaly: 'edited', promotedAt: now - 25 * DAY }) }, 5],
    ['secret_last_rotation_timestamp_seconds', {}, undefined],
    ['secret_last_rotation_timestamp_seconds', { state: state({ promotedAt: now - DAY }) }, (now - DAY) / 1000],
    ['secret_last_rotation_timestamp_seconds', { events: [rotated('a')] }, (now - DAY) / 1000],
    ['secret_next_rotation_timestamp_seconds', {}, (now + 20 * DAY) / 1000],
    [
      'secret_next_rotation_timestamp_seconds',
      { schedule: { interval: DAY, window: undefined } },
      (now - 9 * DAY) / 1000,
    ],
    ['secret_next_rotation_timestamp_seconds', { schedule: { interval: undefined, window: undefined } }, undefined],
    ['secret_retirement_held', { state: state({ previous }) }, 0],
    ['secret_retirement_held', { state: state({ previous }), heldByFollowers: true }, 1],
    ['secret_retirement_held', { heldByFollowers: true }, 0],
    ['secret_retirement_held', { state: state({ previous }), events: [waiting('sessions')] }, 1],
    ['secret_retirement_held', { state: state({ previous }), events: [waiting('grace')] }, 0],
    ['secret_retirement_held', { events: [waiting('sessions')] }, 0],
  ] as const)('%s %#', (name, more, value) => {
    expect(valueIn(name, observed(more))).toBe(value)
  })

  test('a window moves the next rotation, and not the expiration', () => {
    const window = {
      cron: '0 3 * * 0',
      timezone: 'UTC',
      duration: 3_600_000,
    }
    const [plain, windowed] = [undefined, window].map(each =>
      Number(
        valueIn('secret_next_rotation_timestamp_seconds', observed({ schedule: { interval: 30 * DAY, window: each } })),
      ),
    )
    expect(windowed).toBeGreaterThan(plain!)
    expect(new Date(windowed! * 1000).getUTCDay()).toBe(0)
  })

  test('of followers: nothing while current is shown, else since when it is not', () => {
    const followers = [
      { follower: 'us', standing: 'in-sync' },
      { follower: 'ap', standing: 'behind' },
      { follower: 'sa', standing: 'unknown' },
    ] as const
    // also of what a person has put there after the last rotation
    const current = { version: id<VersionId>('v-3'), since: now - 90_000 }
    const edited = state({ current, anomaly: 'edited', promotedAt: now - DAY })
    const seen = samplesOf(observed({ followers, state: edited }), now)
    const lags = seen.filter(({ name }) => name === 'secret_follower_lag_seconds')
    expect(lags.map(({ labels, value }) => [labels.follower, value])).toEqual([
      ['us', 0],
      ['ap', 90],
      ['sa', 90],
    ])
  })
})

describe('a trail', () => {
  test('counts a rotation once, whoever recorded it, and takes its duration from the run that did it', () => {
    const late = rotated('a', { result: 'already', duration_ms: 99_000 })
    for (const events of [
      [rotated('a'), late],
      [late, rotated('a')],
    ])
      expect(runsOf(events)).toMatchObject({ counts: { success: 1 }, durations: [1.5] })
    expect(runsOf([late])).toMatchObject({ counts: { success: 1 }, durations: [] })
    expect(runsOf([rotated('a'), rotated('b'), event('rollback')]).counts.success).toBe(3)
  })

  test('tells failed from refused; what waits is neither', () => {
    const events = [
      event('rotation_failed', { result: 'failure' }),
      event('access_denied', { result: 'failure' }),
      event('rotation_failed', { result: 'refused' }),
      event('rotation_halted', { result: 'failure' }),
      waiting('grace'),
    ]
    expect(runsOf(events).counts).toEqual({ success: 0, failed: 2, refused: 1 })
  })

  test('what held it is over when it ended, or a new rotation begins the count', () => {
    expect(runsOf([waiting('consumers')]).held).toBe(true)
    expect(runsOf([waiting('followers'), event('rotation_failed', { result: 'failure' })]).held).toBe(true)
    expect(runsOf([waiting('sessions'), event('secret_revoked')]).held).toBe(false)
    expect(runsOf([waiting('sessions'), rotated('b')]).held).toBe(false)
  })

  test('has zeros from the start, and a start', () => {
    const later = event('rotation_started', { timestamp: new Date(now).toISOString() })
    const totals = samplesOf(observed({ events: [rotated('a'), later] }), now).filter(
      one => one.name === 'secret_rotation_total',
    )
    expect(totals.map(({ labels, value, since }) => [labels.status, value, since])).toEqual([
      ['success', 1, now - DAY],
      ['failed', 0, now - DAY],
      ['refused', 0, now - DAY],
    ])
  })

  test('that cannot be read leaves out what only it knows', () => {
    const names = samplesOf(observed({ events: undefined }), now).map(({ name }) => name)
    expect(names).not.toContain('secret_rotation_total')
    expect(names).toContain('secret_age_days')
  })
})

describe('the catalogue', () => {
  test('every sample has exactly the labels of its metric', () => {
    const followers = [{ follower: 'us', standing: 'behind' }] as const
    const seen = samplesOf(observed({ followers, state: state({ previous, promotedAt: now - DAY }) }), now)
    expect(new Set(seen.map(({ name }) => name))).toEqual(new Set(metricNames))
    for (const { name, labels } of seen) expect(Object.keys(labels), name).toEqual([...catalogue[name].labels])
  })

  test('has the bound that the alert on slow rotations reads', () => {
    expect(durationBuckets).toContain(120)
  })
})
