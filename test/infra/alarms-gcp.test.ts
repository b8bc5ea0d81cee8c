/** Faults run through the functions of Google Cloud on its fake; the lines that come out are put to the alerts of infra/gcp/alarms.tf. */
import { describe, expect, test } from 'vitest'
import { FunctionLog } from '../../core/functions/log.ts'
import { openFunctionStore } from '../../gcp/function-store.ts'
import { toCloudLogging } from '../../gcp/log.ts'
import { DAY, FunctionPlace } from '../gcp/function-place.ts'
import { about } from './alarms-events.ts'
import { alertsOf, alertText, filtersOf, matches } from './alarms-logging.ts'

const INTERVAL = 30 * DAY
const MINUTES = 10 * 60_000

async function swept(fault: (place: FunctionPlace) => unknown = () => {}, age = INTERVAL + MINUTES) {
  const place = new FunctionPlace()
  place.clock.time += age
  await fault(place)
  place.lines.length = 0
  await place.call('sweep', {}, { 'x-cloudscheduler': 'true' })
  return place
}

const denied = ({ fake }: FunctionPlace) => fake.permissions.denyAction('test', 'secretmanager.versions.add')

async function halted({ fake, clock }: FunctionPlace): Promise<void> {
  const config = { kind: 'gcp', project: fake.projectId, readBy: 'latest' } as const
  const store = await openFunctionStore(config as never, clock, async () => fake.inProcessClient())
  const call = { signal: new AbortController().signal, deadline: clock.time + DAY, run: {} }
  await store.describe('app-db', call)
  await store.note('app-db', { halted: 'auth-failed' }, call)
}

async function event(...[type, result]: Parameters<typeof about>) {
  const place = await swept()
  const write = toCloudLogging(async line => void place.lines.push(JSON.parse(line)), place.clock, {
    requestId: 'r',
    function: 'sweep',
  })
  await new FunctionLog(write, 'test').audit().write(about(type, result))
  return place
}

const runs: readonly [string, () => Promise<Pick<FunctionPlace, 'lines'>>, readonly string[]][] = [
  ['a good run', () => swept(), []],
  ['nothing due', () => swept(undefined, DAY), []],
  ['a rotation that is denied', () => swept(denied), ['rotation-failed']],
  ['one that has been denied for a day', () => swept(denied, INTERVAL + DAY), ['rotation-failed', 'rotation-overdue']],
  ['one that is halted', () => swept(halted), ['rotation-halted']],
  ['a follower that is up', () => event('follower_updated', 'success'), []],
  ['a follower that is behind', () => event('follower_updated', 'failure'), ['follower-behind']],
  ['an end that followers hold', () => event('rotation_waiting', 'waiting'), ['retirement-held']],
  ['no sweep', async () => ({ lines: [] }), ['sweep-silent']],
]

describe('Google Cloud', () => {
  test.each(runs)('%s', async (_, run, alerts) => {
    expect(alertsOf(filtersOf(alertText()), (await run()).lines)).toEqual(alerts)
  })

  test.each([
    ['a field that no function writes', 'OverdueSecrets>0', 'OverdueSecret>0'],
    ['another comparison', 'RotationSuccess=0', 'RotationSuccess>0'],
    ['one that none is enough for', 'HaltedSecrets>0', 'HaltedSecrets>=0'],
    ['another name of them all', 'SecretsRotation', 'SecretRotation'],
  ])('mutated, it is seen: %s', async (_, from, to) => {
    const text = alertText().replace(from, to)
    expect(text).not.toBe(alertText())
    const fired = await Promise.all(runs.map(async ([, run]) => alertsOf(filtersOf(text), (await run()).lines)))
    expect(fired).not.toEqual(runs.map(([, , alerts]) => alerts))
  })

  test('each filter counts a line that functions write', async () => {
    const lines = (await Promise.all(runs.map(([, run]) => run()))).flatMap(place => place.lines)
    for (const [name, filter] of Object.entries(filtersOf(alertText())))
      expect(lines.filter(line => matches(filter, line)).length, name).toBeGreaterThan(0)
  })

  test('what is counted is told from the first on', () => {
    const comparisons = [...alertText().matchAll(/comparison +=.*\n +threshold_value = (.*)$/gm)]
    expect(comparisons.map(([each, threshold]) => [/"(\w+)"/.exec(each)![1], threshold])).toEqual([
      ['COMPARISON_GT', '0'],
      ['COMPARISON_GT', '0'],
      ['COMPARISON_GT', '800 * each.value.timeout'],
      ['COMPARISON_GT', '0'],
    ])
  })
})
