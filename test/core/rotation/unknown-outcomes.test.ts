import { expect, it } from 'vitest'
import { RotationError } from '../../../core/errors.ts'
import type { MemoryTarget } from '../../../core/testing/memory-target.ts'
import { Bench, codeOf, GRACE } from './support.ts'

const lost = () => new RotationError('unknown-outcome', 'No answer.')

/** The answers of the first `times` calls of `set` are lost; the change itself happens or not. */
function loseSet(bench: Bench, times: number, applied: boolean): { sets: number } {
  const count = { sets: 0 }
  const target = bench.target as MemoryTarget
  bench.target_ = {
    set: async (...args: Parameters<MemoryTarget['set']>) => {
      if (count.sets++ >= times) return target.set(...args)
      if (applied) await target.set(...args)
      throw lost()
    },
  }
  return count
}

it.each(['single-user', 'alternating-users'] as const)(
  'Unknown outcomes, %s: applied, answer lost: probed again, finished with the same value',
  async strategy => {
    const bench = new Bench(strategy)
    loseSet(bench, 1, true)
    expect(await bench.rotate()).toMatchObject({ outcome: 'rotated', resumed: true })
    expect(bench.works('current')).toBe(true)
    expect(new Set(bench.recorded('rotation_started').map(e => e.metadata.rotation_id)).size).toBe(1)
  },
)

it('Unknown outcomes: not applied: set again, with the same value', async () => {
  const bench = new Bench('single-user')
  const count = loseSet(bench, 1, false)
  await bench.rotate()
  expect(count.sets).toBe(2)
  expect(bench.works('current')).toBe(true)
})

it('Unknown outcomes: never rolled back blindly: the run gives up with pending kept', async () => {
  const bench = new Bench('single-user')
  loseSet(bench, 99, false)
  expect(await codeOf(bench.rotate())).toBe('unknown-outcome')
  expect(bench.staged('pending')).toBeDefined()
  expect(bench.works('current')).toBe(true)
  expect(bench.recorded('rotation_discarded')).toEqual([])
})

it('Unknown outcomes: applied later, when nobody runs: the next run finishes it', async () => {
  const bench = new Bench('single-user')
  loseSet(bench, 99, false)
  await codeOf(bench.rotate())
  const pending = bench.staged('pending')!
  bench.setPassword(pending)
  bench.target_ = {}
  expect(await bench.rotate()).toMatchObject({ outcome: 'rotated', resumed: true })
  expect(bench.current.password.equals(pending.password)).toBe(true)
})

it('Unknown outcomes: a promotion whose answer was lost is recognised, not repeated', async () => {
  const bench = new Bench('alternating-users')
  const promote = bench.store.promote.bind(bench.store)
  let promotions = 0
  bench.store_ = {
    promote: async (...args) => {
      const answer = await promote(...args)
      if (promotions++ === 0) throw new RotationError('unknown', 'No answer.')
      return answer
    },
  }
  expect(await bench.rotate()).toMatchObject({ outcome: 'rotated' })
  expect((await bench.state()).generation).toBe(1)
  expect(bench.recorded('secret_rotated').filter(e => e.result === 'success')).toHaveLength(1)
})

it('Unknown outcomes: a lost putPending keeps the value that the store holds', async () => {
  const bench = new Bench('single-user')
  const putPending = bench.store.putPending.bind(bench.store)
  const brought: string[] = []
  bench.store_ = {
    putPending: async (...args) => {
      const { value } = await putPending(...args)
      if (value !== 'disabled') brought.push(value.reveal())
      throw new RotationError('unknown', 'No answer.')
    },
  }
  expect(await bench.rotate()).toMatchObject({ outcome: 'rotated' })
  expect(brought).toHaveLength(1)
  expect(bench.value(bench.current).reveal()).toBe(brought[0])
})

it('Unknown outcomes: an end whose answer is lost is waited for until it cannot land any more', async () => {
  const bench = new Bench('alternating-users')
  await bench.rotate()
  bench.clock.advance(GRACE)
  const { end } = bench.target as { end: (...args: unknown[]) => Promise<void> }
  const deadlines: number[] = []
  const asked: number[] = []
  bench.target_ = {
    end: async (change: unknown, call: { deadline: number }) => {
      asked.push(bench.clock.now())
      deadlines.push(call.deadline)
      if (asked.length === 1) throw new RotationError('unknown-outcome', 'No answer.')
      return end.call(bench.target, change, call)
    },
  }
  expect(await bench.retire()).toMatchObject({ outcome: 'retired' })
  expect(deadlines[0]).toBe(asked[0]! + bench.policy.cutover)
  expect(asked[1]).toBeGreaterThan(deadlines[0]!)
})

it('Unknown outcomes: a rollback outlasts the set of the rotation before', async () => {
  const bench = new Bench('single-user')
  await bench.rotate()
  const promoted = bench.clock.now()
  const { set } = bench.target as { set: (...args: unknown[]) => Promise<void> }
  const asked: number[] = []
  bench.target_ = {
    set: async (...args: unknown[]) => {
      asked.push(bench.clock.now())
      return set.apply(bench.target, args)
    },
  }
  await bench.rollback()
  expect(asked[0]).toBeGreaterThan(promoted + bench.policy.cutover)
})
