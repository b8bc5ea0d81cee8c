/**
 * Lines for CloudWatch. Planted: a metric without its value, a unit of ours, NaN as a value, and a line break in a line: each failed here.
 */
import { PassThrough } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { Log, toStream } from '../../aws/log.ts'
import { metricsLine, NAMESPACE } from '../../aws/metrics.ts'
import type { AuditEvent } from '../../core/audit/event.ts'
import { checkEmf } from './emf.ts'

const dimensions = { SecretName: 'prod/app', Environment: 'default', Strategy: 'single-user' }

describe('metrics', () => {
  test('are valid, with all five', () => {
    const all = { RotationAttempts: 1, RotationSuccess: 0, RotationDuration: 12.5, PendingRotation: 1, SecretAge: 30.5 }
    const line = checkEmf(JSON.parse(JSON.stringify(metricsLine(all, dimensions, 1_795_260_953_800.5))))
    expect(line).toMatchObject({ ...all, ...dimensions })
    const [{ Namespace, Dimensions, Metrics }] = line._aws.CloudWatchMetrics as [
      (typeof line._aws.CloudWatchMetrics)[number],
    ]
    expect([Namespace, NAMESPACE]).toEqual(['SecretsRotation', 'SecretsRotation'])
    expect(Dimensions).toEqual([['SecretName', 'Environment', 'Strategy'], ['Environment']])
    expect(Object.fromEntries(Metrics.map(({ Name, Unit }) => [Name, Unit]))).toEqual({
      RotationAttempts: 'Count',
      RotationSuccess: 'Count',
      RotationDuration: 'Milliseconds',
      PendingRotation: 'Count',
      SecretAge: 'None',
    })
  })

  test('that are not known are not there', () => {
    const some = { PendingRotation: 0, SecretAge: undefined, RotationDuration: Number.NaN }
    const line = checkEmf(JSON.parse(JSON.stringify(metricsLine(some, dimensions, 1))))
    expect(line._aws.CloudWatchMetrics[0]!.Metrics.map(({ Name }) => Name)).toEqual(['PendingRotation'])
    expect(metricsLine({}, dimensions, 1)).toBeUndefined()
  })

  test('of a follower have it as a dimension; of all secrets together, the environment alone', () => {
    const sets = (of: Parameters<typeof metricsLine>[1]) =>
      checkEmf(JSON.parse(JSON.stringify(metricsLine({ FollowerBehind: 1 }, of, 1))))._aws.CloudWatchMetrics[0]!
        .Dimensions
    const own = ['SecretName', 'Environment', 'Strategy', 'Follower']
    expect(sets({ ...dimensions, Follower: 'far' })).toEqual([own, ['Environment']])
    expect(sets({ Environment: 'default' })).toEqual([['Environment']])
  })

  test('the check can fail', () => {
    const line = metricsLine({ SecretAge: 1 }, dimensions, 1)!
    expect(() => checkEmf({ ...line, SecretAge: undefined })).toThrow()
    expect(() => checkEmf({ ...line, SecretName: '' })).toThrow()
    expect(() => checkEmf({ ...line, _aws: { Timestamp: 'now', CloudWatchMetrics: [] } })).toThrow()
  })
})

describe('lines', () => {
  const lines: string[] = []
  const clock = { now: () => Date.UTC(2026, 10, 21), sleep: async () => {} }
  const log = new Log(async line => void lines.push(line), clock, { requestId: 'r-1' })
  const last = () => JSON.parse(lines.at(-1)!) as Record<string, unknown>

  test('one object each, with the context of the invocation', async () => {
    await log.with({ secret: 'prod/app', step: 'set' }).line('WARN', 'two\nlines', { durationMs: 12 })
    expect(lines.at(-1)).not.toContain('\n')
    expect(last()).toEqual({
      level: 'WARN',
      message: 'two\nlines',
      timestamp: '2026-11-21T00:00:00.000Z',
      requestId: 'r-1',
      secret: 'prod/app',
      step: 'set',
      durationMs: 12,
    })
  })

  const event: AuditEvent = {
    schema: 1,
    timestamp: '2026-11-21T09:52:08.412Z',
    event_type: 'secret_rotated',
    secret_id: 'prod/app',
    secret_version: { old: 'a', new: 'b' },
    actor: { user_id: 'secretsmanager.amazonaws.com', user_agent: 'lockstep-lambda' },
    result: 'success',
    duration_ms: 188,
    metadata: { rotation_type: 'event' },
  }

  test('an audit event is a line of its own, with its own fields', async () => {
    await log.audit().write(event)
    expect(last()).toEqual({ ...event, level: 'INFO', message: 'audit: secret_rotated', requestId: 'r-1' })
    await log.audit().write({ ...event, event_type: 'rotation_failed', result: 'failure' })
    expect(last()).toMatchObject({ level: 'ERROR' })
  })

  test('an event that cannot be written is said to the run', async () => {
    const broken = new Log(() => Promise.reject(new Error('EPIPE')), clock)
    await expect(broken.audit().write(event)).rejects.toThrow('EPIPE')
  })

  test('a stream gets whole lines, and is waited for', async () => {
    const stream = new PassThrough()
    await toStream(stream)('{"a":1}')
    await toStream(stream)('{"b":2}')
    expect(stream.read().toString()).toBe('{"a":1}\n{"b":2}\n')
    stream.destroy()
    await expect(toStream(stream)('late')).rejects.toThrow()
  })
})
