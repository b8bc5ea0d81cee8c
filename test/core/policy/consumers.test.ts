import fc from 'fast-check'
import { expect, it } from 'vitest'
import { brokenBy, type Consumer, intervalFloor, requiredGrace } from '../../../core/policy/consumers.ts'

const consumer = (name: string, refresh: number, connectRetry = 0): Consumer => ({
  name,
  kind: 'vm',
  refresh,
  connectRetry,
})
const delays = { replicaLag: 5, propagation: 7 }

it('names who would break, the slowest first, with what each needs', () => {
  const all = [consumer('quick', 10), consumer('edge', 88), consumer('slow', 100, 30), consumer('slower', 200)]
  expect(brokenBy(100, all, delays).map(({ consumer: { name }, needs }) => [name, needs])).toEqual([
    ['slower', 212],
    ['slow', 142],
  ])
})

it('property: the required grace breaks nobody, and one millisecond less breaks somebody', () => {
  const consumers = fc.array(fc.tuple(fc.nat(1000), fc.nat(1000)), { minLength: 1, maxLength: 6 })
  fc.assert(
    fc.property(consumers, fc.nat(50), fc.nat(50), (pairs, replicaLag, propagation) => {
      const all = pairs.map(([refresh, retry], index) => consumer(`c${index}`, refresh, retry))
      const grace = requiredGrace(all, { replicaLag, propagation })
      expect(brokenBy(grace, all, { replicaLag, propagation })).toEqual([])
      expect(brokenBy(grace - 1, all, { replicaLag, propagation })).not.toEqual([])
    }),
  )
})

it('nobody declared: nobody breaks', () => {
  expect(requiredGrace([], delays)).toBe(0)
  expect(brokenBy(0, [], delays)).toEqual([])
})

it('the interval must exceed grace, slowest refresh, propagation and one run', () => {
  const floor = { grace: 1000, consumers: [consumer('a', 10), consumer('b', 20)], propagation: 0, runLife: 5 }
  expect(intervalFloor(floor)).toBe(1025)
  expect(intervalFloor({ ...floor, propagation: 300 })).toBe(1325)
  expect(intervalFloor({ ...floor, consumers: [] })).toBe(1005)
})
