import { expect, it } from 'vitest'
import { ID } from '../../../core/testing/simulation/world.ts'
import { Bench, DAY, RUN_LIFE } from './support.ts'

const strategies = ['single-user', 'alternating-users', 'issue-then-revoke'] as const
/** The issuer of the tests holds a key of somebody else. */
const healthy = (strategy: string) => (strategy === 'issue-then-revoke' ? ['unknown-keys'] : [])

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

it('a pending password is not tried while current works: that login would be refused', async () => {
  const bench = new Bench('single-user')
  await bench.begun()
  expect(await bench.loginsOf(bench.diagnose)).toEqual({ logins: 1, refusals: 0 })
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
  // and nothing is begun that is not due
  expect(bench.recorded('secret_rotated')).toEqual([])
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
