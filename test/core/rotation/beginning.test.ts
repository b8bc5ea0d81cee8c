import { expect, it } from 'vitest'
import type { RotationTarget } from '../../../core/ports/rotation-target.ts'
import { rotate } from '../../../core/rotation/rotate.ts'
import { ID } from '../../../core/testing/simulation/world.ts'
import { Bench, DAY, GRACE, RUN_LIFE } from './support.ts'

it.each(['alternating-users', 'issue-then-revoke'] as const)(
  'Beginning, %s: no rotation begins while a previous credential is un-retired, however late and however forced',
  async strategy => {
    const bench = new Bench(strategy)
    await bench.rotate()
    bench.clock.advance(30 * DAY)
    const { current } = bench
    for (const more of [{}, { force: true }, { type: 'manual', force: true }] as const)
      expect(await bench.rotate(more)).toMatchObject({ outcome: 'waiting', for: 'retire' })
    expect(bench.current).toEqual(current)
    expect(bench.works('previous')).toBe(true)
    expect((await bench.state()).pending).toBeUndefined()
  },
)

it('Beginning: the interval counts to the next set, which keeps grace and a run’s life from the recorded promotion', async () => {
  const bench = new Bench('single-user')
  await bench.rotate()
  const { promotedAt } = await bench.state()
  const earliest = promotedAt! + GRACE + RUN_LIFE
  bench.clock.advanceTo(earliest - 1)
  expect(await bench.rotate({ force: true })).toMatchObject({ outcome: 'waiting', for: 'spacing', until: earliest })
  bench.clock.advanceTo(earliest)
  expect(await bench.rotate()).toMatchObject({ outcome: 'not-due', until: promotedAt! + DAY })
  expect(await bench.rotate({ force: true })).toMatchObject({ outcome: 'rotated' })
})

it('Beginning: emergency bypasses what force does not, and retires the previous credential first', async () => {
  const bench = new Bench('alternating-users')
  const [first] = [bench.current]
  await bench.rotate()
  const second = bench.current
  bench.clock.advance(1_000)
  const results = await bench.revokeNow({ reason: 'leaked' })
  expect(results.map(r => r.outcome)).toEqual(['retired', 'rotated', 'retired'])
  expect([first, second].map(c => bench.accepts(c))).toEqual([false, false])
  expect(bench.works('current')).toBe(true)
})

it('Beginning: nothing begins while a retirement is under way', async () => {
  const bench = new Bench('single-user')
  await bench.rotate()
  bench.clock.advance(DAY)
  await bench.store.claimRetire(ID, (await bench.state()).previous!.version, RUN_LIFE, bench.call())
  expect(await bench.rotate({ force: true })).toMatchObject({ outcome: 'waiting', for: 'retire' })
  expect((await bench.state()).pending).toBeUndefined()
})

it('Beginning: no rotation id is ever used twice: the generation grows at every promote, rollback and discard', async () => {
  const bench = new Bench('alternating-users')
  const ids: (string | undefined)[] = []
  const generations: number[] = []
  const look = async () => {
    ids.push(...bench.recorded('rotation_started').map(e => e.metadata.rotation_id))
    generations.push((await bench.state()).generation)
  }
  await bench.rotate()
  await look()
  await bench.rollback()
  await look()
  bench.clock.advance(GRACE)
  await bench.retire()
  bench.clock.advance(DAY)
  let refused = 0
  bench.server.rejects = () => refused++ < 1
  await bench.rotate()
  await look()
  expect(generations).toEqual([1, 2, 4])
  expect(new Set(ids).size).toBe(4)
})

it('Beginning: a trigger that carries no version may only start what is due', async () => {
  const bench = new Bench('single-user')
  await bench.rotate()
  bench.clock.advance(GRACE + RUN_LIFE)
  expect(await bench.rotate({ type: 'event' })).toMatchObject({ outcome: 'not-due' })
  bench.clock.advance(DAY)
  expect(await bench.rotate({ type: 'event' })).toMatchObject({ outcome: 'rotated' })
})

it('Beginning: never due by itself without an interval', async () => {
  const bench = new Bench('single-user')
  const { interval: _, ...policy } = bench.policy
  Object.defineProperty(bench, 'policy', { value: policy })
  bench.clock.advance(1_000 * DAY)
  expect(await bench.rotate()).toMatchObject({ outcome: 'not-due' })
})

it('Beginning: a value that no rotation of ours left is tried before anything is written', async () => {
  const bench = new Bench('single-user')
  bench.spoil()
  await expect(bench.rotate()).rejects.toMatchObject({ code: 'auth-failed' })
  expect((await bench.state()).pending).toBeUndefined()
})

it.each(['set', 'promoted'] as const)(
  'Beginning: a current that another run has %s over since we looked is no refused current: the two end as one rotation',
  async how => {
    const bench = new Bench('single-user')
    const other = { ...bench.wired, target: bench.target }
    let moved = false
    const accepts: RotationTarget['accepts'] = async (credential, call) => {
      if (!moved && how === 'promoted') await rotate(other, bench.request(), bench.abort.signal)
      if (!moved && how === 'set') bench.setPassword(await bench.begun())
      moved = true
      return bench.target.accepts(credential, call)
    }
    bench.target_ = { accepts }
    expect(await bench.rotate()).toMatchObject({ outcome: 'rotated', resumed: true })
    expect((await bench.state()).generation).toBe(1)
    expect(bench.works('current')).toBe(true)
  },
)
