import { expect, it } from 'vitest'
import { ID } from '../../../core/testing/simulation/world.ts'
import { Bench, DAY, errorOf, GRACE, RUN_LIFE } from './support.ts'

const strategies = ['single-user', 'alternating-users', 'issue-then-revoke'] as const
/** The issuer of the tests holds a key of somebody else. */
const healthy = (strategy: string) => (strategy === 'issue-then-revoke' ? ['unknown-keys'] : [])

it.each(strategies)(
  '%s: a healthy secret has no findings, and is looked at with one login per endpoint',
  async strategy => {
    const bench = new Bench(strategy, { lag: 0 })
    await bench.rotate()
    const before = bench.record.length
    const logins = await bench.loginsOf(async () => expect(await bench.kinds()).toEqual(healthy(strategy)))
    expect(logins).toEqual({ logins: strategy === 'issue-then-revoke' ? 0 : 2, refusals: 0 })
    expect(bench.record.length).toBe(before)
  },
)

it('an absent secret is a finding', async () => {
  const bench = new Bench('single-user')
  bench.store_ = { describe: async () => undefined }
  expect(await bench.kinds()).toEqual(['secret-not-found'])
  expect(await bench.repair()).toMatchObject({ repaired: [], left: [{ kind: 'secret-not-found', fixable: false }] })
})

it.each(strategies)('%s: pending left behind is finished with the same value', async strategy => {
  const bench = new Bench(strategy)
  const pending = await bench.begun()
  expect(await bench.kinds()).toEqual(['pending-left-behind', ...healthy(strategy)])
  const { repaired, left } = await bench.repair()
  expect(repaired.map(r => r.kind)).toEqual(['pending-left-behind'])
  expect(left.map(f => f.kind)).toEqual(healthy(strategy))
  expect(bench.staged('current')?.password.equals(pending.password)).toBe(true)
  expect(bench.works('current')).toBe(true)
  const [event] = bench.recorded('repaired')
  expect(event).toMatchObject({ result: 'success', metadata: { finding: 'pending-left-behind', outcome: 'rotated' } })
})

it('pending of somebody else is explained and never touched', async () => {
  const bench = new Bench('alternating-users')
  bench.store.seedForeignPending(ID, bench.value(bench.current))
  expect((await bench.repair()).left).toMatchObject([{ kind: 'foreign-pending', weight: 'blocks', fixable: false }])
  expect((await bench.state()).pending?.ours).toBe(false)
  expect(bench.record).toEqual([])
})

it('a target that settles is left to settle', async () => {
  const bench = new Bench('alternating-users', { policy: { settle: 10_000 } })
  await bench.rotate()
  expect(await bench.kinds()).toEqual(['settling'])
  bench.clock.advance(10_001)
  expect((await bench.repair()).repaired.map(r => r.kind)).toEqual(['pending-left-behind'])
})

it('an edit under a pending rotation: discarded only when its run can be at work no more', async () => {
  const bench = new Bench('alternating-users')
  await bench.begun()
  bench.edit(bench.current)
  expect((await bench.repair()).left).toMatchObject([{ kind: 'pending-base-moved', fixable: false }])
  bench.clock.advance(RUN_LIFE)
  expect((await bench.diagnose()).findings).toMatchObject([{ kind: 'pending-base-moved', fixable: true }])
  await bench.repair()
  expect(bench.recorded('rotation_discarded')).toHaveLength(1)
})

it('an edit that names the login of pending stops everything', async () => {
  const bench = new Bench('alternating-users')
  const pending = await bench.begun()
  bench.setPassword(pending)
  bench.edit(pending)
  bench.clock.advance(DAY)
  expect((await bench.repair()).left).toMatchObject([{ kind: 'edited-to-pending-login', fixable: false }])
  expect((await bench.state()).pending).toBeDefined()
})

it('an edit of current is told, not mended', async () => {
  const bench = new Bench('single-user')
  await bench.rotate()
  bench.edit(bench.current)
  expect((await bench.diagnose()).findings).toMatchObject([{ kind: 'edited', weight: 'info', fixable: false }])
})

it('regressed: the recorded current is published again', async () => {
  const bench = new Bench('single-user')
  let regressed = true
  const describe = bench.store.describe.bind(bench.store)
  bench.store_ = {
    describe: async (...args) => {
      const state = await describe(...args)
      return state && regressed ? { ...state, anomaly: 'regressed' } : state
    },
    republish: async () => {
      regressed = false
    },
  }
  expect((await bench.repair()).repaired.map(r => r.kind)).toEqual(['regressed'])
  expect(regressed).toBe(false)
})

it('halted: cleared only when current is accepted on every endpoint', async () => {
  const bench = new Bench('alternating-users', { policy: { retryBudget: 1 } })
  bench.target_ = { test: async () => Promise.reject(new Error('a fault')), force: undefined }
  await errorOf(bench.rotate())
  bench.target_ = { force: undefined }
  const { current } = bench
  bench.spoil()
  const refused = await bench.repair()
  expect(refused.repaired).toEqual([])
  expect((await bench.state()).halted).toBe('internal')
  bench.setPassword(current)
  const { repaired, left } = await bench.repair()
  expect(repaired.map(r => r.kind)).toEqual(['halted', 'pending-left-behind'])
  expect(left).toEqual([])
  expect(await bench.state()).toMatchObject({ attempts: 0 })
  expect((await bench.state()).halted).toBeUndefined()
})

it('halted stays while a cause stands that a person must mend', async () => {
  const bench = new Bench('alternating-users')
  await bench.state()
  const run = {}
  await bench.store.describe(ID, bench.call(run))
  await bench.store.note(ID, { halted: 'login-locked', attempts: 5 }, bench.call(run))
  bench.target_ = {
    examine: async () => [{ kind: 'twin-nologin', weight: 'blocks', explanation: 'app_b is NOLOGIN.' }],
  }
  const { repaired, left } = await bench.repair()
  expect(repaired).toEqual([])
  expect(left.map(f => f.kind)).toEqual(['twin-nologin', 'halted'])
  expect(left[1]?.remedy).toContain('twin-nologin')
})

it('a young retirement claim is left alone; an abandoned one is finished', async () => {
  const bench = new Bench('alternating-users')
  await bench.rotate()
  const { previous } = await bench.state()
  bench.clock.advance(GRACE)
  await bench.store.claimRetire(ID, previous!.version, RUN_LIFE, bench.call())
  const old = bench.staged('previous')!
  expect((await bench.repair()).left).toMatchObject([{ kind: 'retirement-running', weight: 'info', fixable: false }])
  bench.clock.advance(RUN_LIFE)
  expect((await bench.repair()).repaired.map(r => r.kind)).toEqual(['retirement-abandoned'])
  expect(bench.accepts(old)).toBe(false)
  expect(await bench.kinds()).toEqual([])
})

it('an abandoned claim within the grace waits: the doctor ends nothing early', async () => {
  const bench = new Bench('alternating-users')
  await bench.rotate()
  await bench.store.claimRetire(ID, (await bench.state()).previous!.version, RUN_LIFE, bench.call())
  bench.clock.advance(RUN_LIFE)
  expect((await bench.repair()).left).toMatchObject([
    { kind: 'retirement-abandoned', failed: { code: 'waiting-grace' } },
  ])
  expect(bench.works('previous')).toBe(true)
})

it('an overdue retirement is told, and left to `retire`', async () => {
  const bench = new Bench('alternating-users')
  await bench.rotate()
  bench.clock.advance(GRACE + RUN_LIFE)
  expect((await bench.repair()).left).toMatchObject([{ kind: 'retirement-overdue', remedy: 'lockstep retire app' }])
  expect(bench.works('previous')).toBe(true)
})

it('previous whose login current names: only the label goes, after a full grace, and the login lives on', async () => {
  const bench = new Bench('alternating-users')
  await bench.rotate()
  bench.edit(bench.staged('previous')!, 'copied')
  expect((await bench.repair()).left).toMatchObject([
    { kind: 'edited', fixable: false },
    { kind: 'previous-shares-login', weight: 'blocks', fixable: false },
  ])
  bench.clock.advance(GRACE)
  expect((await bench.repair()).repaired.map(r => r.kind)).toEqual(['previous-shares-login'])
  expect((await bench.state()).previous).toBeUndefined()
  expect(bench.works('current')).toBe(true)
  bench.clock.advance(DAY)
  expect(await bench.rotate()).toMatchObject({ outcome: 'rotated' })
})
