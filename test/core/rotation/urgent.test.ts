import { expect, it } from 'vitest'
import { RotationError } from '../../../core/errors.ts'
import { ID } from '../../../core/testing/simulation/world.ts'
import { Bench, codeOf, failing, GRACE } from './support.ts'

/** Opens on 29 February. */
const closed = { cron: '0 0 29 2 *', duration: 1, timezone: 'UTC' }

/** `set` has taken effect and the run died. */
async function urgent(options = {}): Promise<Bench> {
  const bench = new Bench('single-user', options)
  bench.setPassword(await bench.begun())
  return bench
}

it('Urgent: retry budget, window and due date do not apply once set may have taken effect', async () => {
  const bench = await urgent({ policy: { window: closed, interval: 1e12 } })
  const run = {}
  await bench.store.describe(ID, bench.call(run))
  await bench.store.note(ID, { halted: 'auth-failed', attempts: 99 }, bench.call(run))
  const pending = bench.staged('pending')!
  expect(await bench.rotate()).toMatchObject({ outcome: 'rotated', resumed: true })
  expect(bench.current.password.equals(pending.password)).toBe(true)
  expect(await bench.state()).toMatchObject({ attempts: 0 })
})

it('Urgent: failures are counted, and halt nothing', async () => {
  const bench = await urgent({ policy: { retryBudget: 2 } })
  bench.target_ = { test: failing('internal') }
  for (let i = 0; i < 4; i++) expect(await codeOf(bench.rotate())).toBe('internal')
  expect(await bench.state()).toMatchObject({ attempts: 4 })
  expect((await bench.state()).halted).toBeUndefined()
  bench.target_ = {}
  expect(await bench.rotate()).toMatchObject({ outcome: 'rotated' })
})

it('Urgent: set begins only if the remaining time covers set, test, promote and undo', async () => {
  const bench = new Bench('single-user')
  const before = bench.current
  expect(await codeOf(bench.rotate({ deadline: bench.clock.now() + bench.policy.cutover - 1 }))).toBe('no-time')
  expect(bench.accepts(before)).toBe(true)
  const pending = bench.staged('pending')!
  await bench.rotate()
  expect(bench.current.password.equals(pending.password)).toBe(true)
})

it('Urgent: from set on an interruption is ignored until consumers read what works', async () => {
  const bench = new Bench('single-user')
  bench.server.rejects = () => {
    bench.abort.abort()
    return false
  }
  expect(await bench.rotate()).toMatchObject({ outcome: 'rotated' })
  expect(bench.accepts(bench.current)).toBe(true)
})

it('Urgent: an interruption before set leaves the target alone and what was begun resumable', async () => {
  const bench = new Bench('single-user')
  const before = bench.current
  const putPending = bench.store.putPending.bind(bench.store)
  bench.store_ = { putPending: (...args) => putPending(...args).finally(() => bench.abort.abort()) }
  expect(await codeOf(bench.rotate())).toBe('aborted')
  expect(bench.accepts(before)).toBe(true)
  expect(bench.works('pending')).toBe(false)
})

it('Urgent: test waits as long as replicas may lag, with the same value', async () => {
  const bench = new Bench('single-user', { lag: 2_000, policy: { replicaLag: 5_000 } })
  expect(await bench.rotate()).toMatchObject({ outcome: 'rotated' })
  expect(bench.works('current', 'reader')).toBe(true)
  expect(bench.brought.size).toBeLessThanOrEqual(1)
})

it('Urgent: a test that keeps failing puts current back, verifies it, and discards pending', async () => {
  const bench = new Bench('single-user')
  const before = bench.current
  bench.target_ = { test: failing('probe-failed') }
  expect(await codeOf(bench.rotate())).toBe('probe-failed')
  expect(bench.current).toEqual(before)
  expect(bench.accepts(before)).toBe(true)
  expect((await bench.state()).pending).toBeUndefined()
  expect(bench.recorded('rotation_discarded')).toHaveLength(1)
})

it('Urgent: if the target refuses to take current back, pending is promoted', async () => {
  const bench = new Bench('single-user')
  const before = bench.current
  bench.target_ = { test: failing('probe-failed') }
  bench.server.rejects = password => password.equals(before.password)
  expect(await bench.rotate()).toMatchObject({ outcome: 'rotated' })
  expect(bench.works('current')).toBe(true)
})

it('Urgent: a network failure of test says nothing about pending: nothing is undone', async () => {
  const bench = new Bench('single-user')
  bench.target_ = { test: failing('target-unreachable') }
  expect(await codeOf(bench.rotate())).toBe('target-unreachable')
  expect(bench.works('pending')).toBe(true)
  bench.target_ = {}
  expect(await bench.rotate()).toMatchObject({ outcome: 'rotated', resumed: true })
})

it('Urgent, not where both are valid: a failing test changes nothing for consumers, and the budget halts', async () => {
  const bench = new Bench('alternating-users', { policy: { retryBudget: 2 } })
  bench.target_ = { test: failing('probe-failed') }
  for (let i = 0; i < 2; i++) expect(await codeOf(bench.rotate())).toBe('probe-failed')
  expect(await codeOf(bench.rotate())).toBe('halted')
  expect(bench.works('current')).toBe(true)
  expect(bench.recorded('rotation_halted')).toHaveLength(1)
  bench.target_ = {}
  bench.clock.advance(GRACE)
  expect(await bench.rotate({ force: true })).toMatchObject({ outcome: 'rotated', resumed: true })
  expect(new RotationError('halted', '').exitCode).toBe(6)
})
