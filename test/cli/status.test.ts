/**
 * What status says, and how fast.
 */
import { expect, test } from 'vitest'
import { conditionOf } from '../../cli/condition.ts'
import type { Look } from '../../cli/look.ts'
import type { RotationId, SecretState, VersionId } from '../../core/ports/secret-store.ts'
import { DAY, HOUR, ManualClock, projects } from './support.ts'

const project = projects()
const now = Date.UTC(2026, 5, 1)
const id = <T>(text: string) => text as T

const state = (more: Partial<SecretState> = {}): SecretState => ({
  current: { version: id<VersionId>('v-1'), since: now - DAY },
  attempts: 0,
  generation: 1,
  epoch: 0,
  ...more,
})
const pending = {
  rotation: id<RotationId>('ls-x'),
  base: id<VersionId>('v-1'),
  ours: true,
  since: now - HOUR,
  published: false,
}
const previous = { version: id<VersionId>('v-0') }

const look = (
  known: SecretState | undefined,
  strategy = 'alternating-users',
  interval: number | undefined = 30 * DAY,
): Look => ({
  secret: { name: 'db', id: 'db', strategy } as Look['secret'],
  state: known,
  policy: {
    ...(interval !== undefined && { interval }),
    ...{ grace: DAY, consumers: [], runLife: HOUR / 4, cutover: 10_000, replicaLag: 0, settle: 0 },
    ...{ retryBudget: 5, idleSessions: 'keep', manual: false },
  },
  target: {
    strategy: strategy as 'single-user',
    overlap: strategy === 'single-user' ? 'gap' : 'both-valid',
    kind: 'settable',
  },
  facts: {},
})
const byStore = { facts: { rotatedBy: { name: 'Secrets Manager', command: 'aws …', stop: 'aws …' } } }

test.each([
  ['absent', look(undefined), 'secret put db'],
  ['ok', look(state()), 'plan db'],
  [
    'manual',
    { ...look(state()), policy: { ...look(state()).policy, interval: undefined } as unknown as Look['policy'] },
    'plan db',
  ],
  ['due', look(state({ current: { version: id('v-1'), since: now - 31 * DAY } })), 'rotate db'],
  ['ok', { ...look(state()), ...byStore }, 'plan db'],
  ['due', { ...look(state({ current: { version: id('v-1'), since: now - 31 * DAY } })), ...byStore }, 'doctor db'],
  ['pending', { ...look(state({ pending })), ...byStore }, 'rotate db'],
  ['pending', look(state({ pending })), 'rotate db'],
  ['urgent', look(state({ pending }), 'single-user'), 'rotate db'],
  ['urgent', look(state({ pending: { ...pending, published: true } })), 'rotate db'],
  ['halted', look(state({ halted: 'auth-failed', attempts: 5 })), 'doctor db'],
  ['halted', look(state({ pending: { ...pending, ours: false } })), 'doctor db'],
  ['regressed', look(state({ anomaly: 'regressed' })), 'rotate db'],
  ['edited', look(state({ anomaly: 'edited' })), 'check --connect'],
  ['grace', look(state({ previous, promotedAt: now - HOUR })), 'plan db'],
  ['retire', look(state({ previous, promotedAt: now - 2 * DAY })), 'retire db'],
  [
    'waiting',
    look(state({ previous, promotedAt: now - HOUR, current: { version: id('v-1'), since: now - 31 * DAY } })),
    'plan db',
  ],
] as const)('%s', (condition, known, next) => {
  expect(conditionOf(known, now)).toMatchObject({ condition, next })
})

test('the worst comes first', async () => {
  const target = (n: number) => ({ kind: 'postgres', endpoints: [{ host: `h${n}`, database: 'd' }] })
  const here = project().configure({
    secrets: {
      a: { strategy: 'single-user', target: target(1), interval: '300d' },
      b: { strategy: 'single-user', target: target(2) },
      c: { strategy: 'single-user', target: target(3) },
    },
  })
  for (const name of ['a', 'b']) await here.ok(['secret', 'put', name], { input: '{"username":"u","password":"p"}' })
  const clock = new ManualClock()
  clock.time += 40 * DAY
  const { secrets } = (await here.json(['status'], { clock })).data
  expect(secrets.map((row: { name: string; condition: string }) => [row.name, row.condition])).toEqual([
    ['c', 'absent'],
    ['b', 'due'],
    ['a', 'ok'],
  ])
  expect((await here.ok(['status'], { clock })).stdout).toMatch(
    /^SECRET +CONDITION +AGE +WHEN +NOTE\nc .*\nb .*due.*40d/,
  )
})

test('1,000 secrets take a moment, not minutes', async () => {
  const names = Array.from({ length: 1_000 }, (_, n) => `db-${n}`)
  const here = project().configure({
    secrets: Object.fromEntries(
      names.map(name => [
        name,
        { strategy: 'single-user', target: { kind: 'postgres', endpoints: [{ host: name, database: 'd' }] } },
      ]),
    ),
  })
  await here.ok(['secret', 'put', 'db-7'], { input: '{"username":"u","password":"p"}' })
  const began = performance.now()
  const { data } = await here.json(['status'])
  expect(data.secrets).toHaveLength(1_000)
  expect(performance.now() - began).toBeLessThan(10_000)
})
