import { expect, it } from 'vitest'
import { rollbackId } from '../../../core/rotation/ids.ts'
import { ID } from '../../../core/testing/simulation/world.ts'
import { Bench, codeOf, failing, GRACE, RUN_LIFE } from './support.ts'

async function rotated(strategy: Bench['options']['strategy'], options = {}) {
  const bench = new Bench(strategy, options)
  const old = bench.current
  await bench.rotate()
  return { bench, old, replaced: bench.current }
}

it('Rollback, alternating-users: a label move after a login; the target changes nothing', async () => {
  const { bench, old } = await rotated('alternating-users')
  bench.target_ = { set: failing('internal'), force: failing('internal') }
  const { logins } = await bench.loginsOf(async () =>
    expect(await bench.rollback()).toMatchObject({ outcome: 'rolled-back' }),
  )
  expect(logins).toBe(1)
  expect(bench.current.username).toBe(old.username)
  expect(bench.accepts(bench.current)).toBe(true)
  expect(bench.recorded('rollback')).toHaveLength(1)
})

it('Rollback, single-user: a new rotation to the old value', async () => {
  const { bench, old } = await rotated('single-user')
  const before = (await bench.state()).current.version
  expect(await bench.rollback()).toMatchObject({ outcome: 'rolled-back', old: before })
  expect(bench.current.password.equals(old.password)).toBe(true)
  expect(bench.works('current')).toBe(true)
})

it('Rollback: the version rolled back from stays valid for a full grace', async () => {
  const { bench, replaced } = await rotated('alternating-users')
  bench.clock.advance(GRACE - 1)
  await bench.rollback()
  bench.clock.advance(GRACE - 1)
  expect(await bench.retire()).toMatchObject({ outcome: 'waiting', for: 'grace' })
  expect(bench.accepts(replaced)).toBe(true)
  bench.clock.advance(1)
  expect(await bench.retire()).toMatchObject({ outcome: 'retired' })
  expect(bench.accepts(replaced)).toBe(false)
  expect(bench.works('current')).toBe(true)
})

it.each(['single-user', 'alternating-users'] as const)(
  'Rollback, %s: refused while a rotation is under way, and pending is kept',
  async strategy => {
    const { bench } = await rotated(strategy)
    const pending = await bench.begun()
    bench.setPassword(pending)
    expect(await codeOf(bench.rollback())).toBe('refused')
    expect(bench.accepts(pending)).toBe(true)
    expect((await bench.state()).pending?.rotation).toBe('died')
  },
)

it('Rollback: refused after retirement', async () => {
  const { bench, replaced } = await rotated('alternating-users')
  bench.clock.advance(GRACE)
  await bench.retire()
  expect(await codeOf(bench.rollback())).toBe('refused')
  expect(bench.current).toEqual(replaced)
})

it('Rollback: refused while the previous credential is being retired, also by a run that died', async () => {
  const { bench } = await rotated('alternating-users')
  await bench.store.claimRetire(ID, (await bench.state()).previous!.version, RUN_LIFE, bench.call())
  expect(await codeOf(bench.rollback())).toBe('refused')
  bench.clock.advance(RUN_LIFE)
  expect(await codeOf(bench.rollback())).toBe('refused')
})

it('Rollback: nothing to go back to before the first rotation', async () => {
  expect(await codeOf(new Bench('single-user').rollback())).toBe('refused')
})

it('Rollback: asked twice, it does not go forward again', async () => {
  const { bench, old } = await rotated('alternating-users')
  await bench.rollback()
  expect(await bench.rollback()).toMatchObject({ outcome: 'already-rotated' })
  expect(bench.current.username).toBe(old.username)
})

it.each(['rollback', 'rotate'] as const)('Rollback: one that died is finished by %s', async ask => {
  const { bench, old } = await rotated('single-user')
  const promote = bench.store.promote.bind(bench.store)
  bench.store_ = { promote: failing('access-denied') }
  expect(await codeOf(bench.rollback())).toBe('access-denied')
  bench.store_ = { promote }
  expect(await bench[ask]()).toMatchObject({ outcome: 'rolled-back', resumed: true })
  expect(bench.current.password.equals(old.password)).toBe(true)
  expect(bench.works('current')).toBe(true)
})

it('Rollback: published and not on record yet: finished by the same request', async () => {
  const { bench, old } = await rotated('single-user')
  const back = rollbackId(ID, await bench.state())
  bench.setPassword(old)
  await bench.begun(back)
  const { store } = bench
  const other = (await bench.state()).previous!.version
  bench.store_ = {
    // As a store shows it whose publication and record are two writes.
    describe: async (...args) => {
      const state = (await store.describe(...args))!
      if (!state.pending) return state
      return { ...state, current: { ...state.current, version: other }, pending: { ...state.pending, published: true } }
    },
  }
  expect(await bench.rollback()).toMatchObject({ outcome: 'rolled-back', rotation: back })
  expect(bench.recorded('rollback')).toHaveLength(1)
})
