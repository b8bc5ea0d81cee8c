import { expect, it } from 'vitest'
import { RotationError } from '../../../core/errors.ts'
import { SecretValue } from '../../../core/secret/secret-value.ts'
import { Bench, codeOf, DAY, errorOf, failing } from './support.ts'

it('Triggers: at least once and late: one that names a replaced version starts nothing', async () => {
  const bench = new Bench('single-user')
  const { version } = (await bench.state()).current
  expect(await bench.rotate({ type: 'event', version })).toMatchObject({ outcome: 'rotated' })
  bench.clock.advance(DAY)
  const { current } = bench
  for (let i = 0; i < 3; i++)
    expect(await bench.rotate({ type: 'event', version })).toMatchObject({ outcome: 'already-rotated' })
  expect(bench.current).toEqual(current)
})

it('Triggers: out of order: one that comes while its rotation is pending finishes that one', async () => {
  const bench = new Bench('single-user')
  const { version } = (await bench.state()).current
  const pending = await bench.begun()
  expect(await bench.rotate({ type: 'event', version })).toMatchObject({ outcome: 'rotated', resumed: true })
  expect(bench.current.password.equals(pending.password)).toBe(true)
})

it('Triggers: fail loudly, so that the platform retries, and on record with who asked', async () => {
  const bench = new Bench('single-user')
  bench.target_ = { set: failing('tls-failed') }
  expect(await codeOf(bench.rotate({ type: 'event' }))).toBe('tls-failed')
  expect(bench.recorded('rotation_failed')).toMatchObject([
    {
      result: 'failure',
      actor: { user_id: 'simulator' },
      metadata: { rotation_type: 'event', error_code: 'tls-failed', step: 'set' },
    },
  ])
})

it('Triggers: retries obey the deadline, also during the wait', async () => {
  const bench = new Bench('alternating-users')
  const deadline = bench.clock.now() + 250
  let calls = 0
  bench.target_ = {
    set: () => {
      calls++
      expect(bench.clock.now()).toBeLessThan(deadline)
      return failing('target-unreachable')()
    },
  }
  Object.assign(bench.policy, { cutover: 1 })
  expect(await codeOf(bench.rotate({ deadline }))).toBe('target-unreachable')
  expect(calls).toBe(2)
  expect(bench.clock.now()).toBeLessThan(deadline)
  expect(bench.staged('pending')).toBeDefined()
})

it('Triggers: a target that is down uses up no budget', async () => {
  const bench = new Bench('alternating-users', { policy: { retryBudget: 1 } })
  bench.target_ = { set: failing('target-unreachable') }
  for (let i = 0; i < 3; i++) await errorOf(bench.rotate())
  expect(await bench.state()).toMatchObject({ attempts: 0 })
})

it('Triggers: a retry budget, then halted, loud, until a person acts', async () => {
  const bench = new Bench('alternating-users', { policy: { retryBudget: 2 } })
  bench.target_ = { set: failing('permission-missing') }
  for (let i = 0; i < 2; i++) expect(await codeOf(bench.rotate())).toBe('permission-missing')
  expect(bench.recorded('rotation_halted')).toMatchObject([{ metadata: { error_code: 'permission-missing' } }])
  bench.target_ = {}
  const error = await errorOf(bench.rotate())
  expect(error).toMatchObject({ code: 'halted', exitCode: 6 })
  expect(error.message).toContain('permission-missing')
  bench.clock.advance(30 * DAY)
  expect(await codeOf(bench.rotate())).toBe('halted')
  expect(await bench.rotate({ type: 'manual', force: true })).toMatchObject({ outcome: 'rotated' })
  expect((await bench.state()).halted).toBeUndefined()
})

it('Triggers: a foreign error keeps none of its text', async () => {
  const bench = new Bench('single-user')
  bench.target_ = { set: async () => Promise.reject(new TypeError(`password ${bench.current.password.reveal()}`)) }
  const error = await errorOf(bench.rotate())
  expect(error).toBeInstanceOf(RotationError)
  expect(error.code).toBe('internal')
  expect(JSON.stringify([error, bench.record]) + error.stack).not.toContain(bench.current.password.reveal())
})

it('Triggers: the value that a person brought is current already: nothing is begun', async () => {
  const bench = new Bench('single-user')
  const value = SecretValue.of('brought')
  expect(await bench.rotate({ type: 'manual', value })).toMatchObject({ outcome: 'rotated' })
  expect(await bench.rotate({ type: 'manual', value })).toMatchObject({ outcome: 'already-rotated' })
})
