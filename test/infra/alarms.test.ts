/** Faults run through the functions of each cloud on its fakes; the lines that come out are put to the alarms of that cloud. */
import { describe, expect, test } from 'vitest'
import { createSweep } from '../../aws/sweep.ts'
import { configText, DAY, FleetPlace, value } from '../aws/fleet-support.ts'
import { type Alarms, cloudWatchAlarms, firedBy, samplesOf } from './alarms-cloudwatch.ts'

const scheduled = { source: 'aws.events', 'detail-type': 'Scheduled Event', time: '2030-01-01T03:00:00Z', detail: {} }

/** What the last sweep has written of a secret that was just due, or of one that Secrets Manager rotates. */
async function sweptOnAws(fault: (place: FleetPlace) => unknown = () => {}, { name = 'alarmed', days = 30.01 } = {}) {
  const place = new FleetPlace(['alarmed'])
  place.driven('driven')
  place.text = configText([name])
  await fault(place)
  place.clock.time += days * DAY
  const handler = createSweep(place.surroundings)
  await handler(scheduled, place.context()).catch(() => {})
  return place.lines
}

const denied = (place: FleetPlace) => place.fake.permissions.denyAction('test', 'secretsmanager:PutSecretValue')
const broken = (place: FleetPlace) => {
  place.fake.service.createSecret({ name: 'broken', value: value('broken', 'never-set') })
}
const halted = async (place: FleetPlace) => {
  const store = await place.surroundings.open!({ clock: place.clock } as never)
  const call = { signal: new AbortController().signal, deadline: place.clock.time + DAY, run: {} }
  await store.describe('alarmed', call)
  await store.note('alarmed', { halted: 'auth-failed' }, call)
}

/** A follower that could not be brought up, and one that holds the end: what their run writes. */
const followers = async (
  event_type: 'follower_updated' | 'rotation_waiting',
  result: 'failure' | 'waiting' | 'success',
) => {
  const { measured } = await import('../../aws/measured.ts')
  const { Log } = await import('../../aws/log.ts')
  const lines = await sweptOnAws()
  const clock = { now: () => 1, sleep: async () => {} }
  await measured(new Log(async line => void lines.push(JSON.parse(line)), clock), clock, 'default').write({
    ...{ schema: 1, timestamp: '2030-01-01T00:00:00Z', event_type, secret_id: 'alarmed', secret_version: {}, result },
    ...{ duration_ms: 1, actor: { user_id: 'test', user_agent: 'test' } },
    metadata: { rotation_type: 'scheduled', strategy: 'single-user', follower: 'far', waiting_for: 'followers' },
  })
  return lines
}

const onAws: readonly [string, () => Promise<readonly Record<string, unknown>[]>, readonly string[]][] = [
  ['a good run', () => sweptOnAws(), []],
  ['nothing due', () => sweptOnAws(undefined, { days: 1 }), []],
  ['a rotation that is denied', () => sweptOnAws(denied), ['RotationFailed']],
  ['one whose login is refused', () => sweptOnAws(broken, { name: 'broken' }), ['RotationFailed']],
  ['one that is halted', () => sweptOnAws(halted), ['RotationHalted']],
  ['one that the service never ends', () => sweptOnAws(undefined, { name: 'driven', days: 31 }), ['RotationOverdue']],
  ['a follower that is up', () => followers('follower_updated', 'success'), []],
  ['a follower that is behind', () => followers('follower_updated', 'failure'), ['FollowerBehind']],
  ['an end that followers hold', () => followers('rotation_waiting', 'waiting'), ['RetirementHeld']],
  ['no sweep', async () => [], ['SweepSilent']],
]

describe('AWS', () => {
  test.each(onAws)('%s', async (_, run, alarms) => {
    expect(firedBy(cloudWatchAlarms(), await run())).toEqual(alarms)
  })

  const mutants: readonly [string, (alarms: Alarms) => void][] = [
    ['a metric that no function writes', ({ RotationOverdue }) => (RotationOverdue!.MetricName = 'OverdueSecret')],
    ['a dimension that no function writes', ({ RotationFailed }) => (RotationFailed!.Dimensions[0]!.Name = 'Stage')],
    [
      'another comparison',
      ({ RotationFailed }) => (RotationFailed!.ComparisonOperator = 'GreaterThanOrEqualToThreshold'),
    ],
    ['another statistic', ({ RotationFailed }) => (RotationFailed!.Statistic = 'SampleCount')],
  ]
  test.each(mutants)('mutated, it is seen: %s', async (_, change) => {
    const alarms = cloudWatchAlarms()
    change(alarms)
    const fired = await Promise.all(onAws.map(async ([, run]) => firedBy(alarms, await run())))
    expect(fired).not.toEqual(onAws.map(([, , expected]) => expected))
  })

  test('each alarm looks at something that functions write', async () => {
    const lines = (await Promise.all(onAws.map(([, run]) => run()))).flat()
    for (const [name, alarm] of Object.entries(cloudWatchAlarms()))
      expect(samplesOf(alarm, lines).length, name).toBeGreaterThan(0)
  })
})
