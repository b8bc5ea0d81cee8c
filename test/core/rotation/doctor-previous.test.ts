import { expect, it } from 'vitest'
import { ID } from '../../../core/testing/simulation/world.ts'
import { Bench, DAY, GRACE, RUN_LIFE } from './support.ts'

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
