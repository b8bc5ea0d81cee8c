import { expect, it } from 'vitest'
import { ID } from '../../../core/testing/simulation/world.ts'
import { Bench, errorOf, failing } from './support.ts'

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

async function halted(): Promise<Bench> {
  const bench = new Bench('alternating-users')
  const run = {}
  await bench.store.describe(ID, bench.call(run))
  await bench.store.note(ID, { halted: 'login-locked', attempts: 5 }, bench.call(run))
  return bench
}

it('halted stays while a cause stands that a person must mend, and so does what is pending', async () => {
  const bench = await halted()
  await bench.begun()
  const nologin = { kind: 'twin-nologin', weight: 'blocks', explanation: 'app_b is NOLOGIN.' } as const
  bench.target_ = { examine: async () => [nologin] }
  const { repaired, left } = await bench.repair()
  expect(repaired).toEqual([])
  expect(left).toMatchObject([
    { kind: 'pending-left-behind', fixable: false },
    { kind: 'twin-nologin' },
    { kind: 'halted', fixable: false },
  ])
  expect(left[2]?.remedy).toContain('twin-nologin')
})

it('halted stays when the repair that it needs fails', async () => {
  const bench = await halted()
  bench.spoil()
  bench.target_ = { force: failing('permission-missing') }
  expect((await bench.repair()).repaired).toEqual([])
  expect((await bench.state()).halted).toBe('login-locked')
})
