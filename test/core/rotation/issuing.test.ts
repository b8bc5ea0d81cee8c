import { expect, it } from 'vitest'
import type { RotationId } from '../../../core/ports/secret-store.ts'
import { ID } from '../../../core/testing/simulation/world.ts'
import { Bench, codeOf, DAY, errorOf, failing, RUN_LIFE } from './support.ts'

/** A run that died, or lost its value, right after the issuer had issued a key. */
async function orphaned(options = {}) {
  const bench = new Bench('issue-then-revoke', options)
  bench.store_ = { putPending: failing('access-denied') }
  const before = bench.issuer.keys
  await errorOf(bench.rotate())
  bench.store_ = {}
  const orphan = bench.issuer.keys.find(key => !before.includes(key))!
  return { bench, before, orphan }
}

it('Issuing targets: the live keys are on record before another one is asked for', async () => {
  const bench = new Bench('issue-then-revoke')
  const before = bench.issuer.keys
  let recorded: unknown
  const { issue } = bench.issuer
  bench.target_ = {
    issue: async (...args: Parameters<typeof issue>) => {
      recorded = (await bench.state()).issuing?.keys
      return issue.apply(bench.issuer, args)
    },
  }
  await bench.rotate()
  expect(recorded).toEqual(before)
})

it.each([true, false])(
  'Issuing targets: an orphan (tagged: %s) is revoked by a later run only, when a run’s life has passed',
  async tags => {
    const { bench, before, orphan } = await orphaned({ tags })
    expect(await bench.rotate()).toMatchObject({ outcome: 'waiting', for: 'run-life' })
    expect(bench.issuer.keys).toContain(orphan)
    bench.clock.advance(RUN_LIFE)
    expect(await bench.rotate()).toMatchObject({ outcome: 'rotated' })
    expect(bench.issuer.keys).not.toContain(orphan)
    expect(bench.issuer.keys).toEqual(expect.arrayContaining([...before]))
    expect(bench.works('current')).toBe(true)
  },
)

it('Issuing targets: keys that cannot be told to be ours stop the run; none is revoked', async () => {
  const { bench } = await orphaned({ tags: false })
  bench.issuer.seed()
  const { keys } = bench.issuer
  bench.clock.advance(DAY)
  expect(await codeOf(bench.rotate())).toBe('not-ours')
  expect(bench.issuer.keys).toEqual(keys)
})

it('Issuing targets: keys that were there before are never taken for ours', async () => {
  const bench = new Bench('issue-then-revoke', { tags: false })
  const { keys } = bench.issuer
  await bench.rotate()
  expect(bench.issuer.keys).toEqual(expect.arrayContaining([...keys]))
})

it('Issuing targets: pending whose key is gone is discarded, and another key issued', async () => {
  const bench = new Bench('issue-then-revoke')
  const gone = await bench.begun()
  await bench.issuer.revoke(gone.username, bench.call())
  expect(await bench.rotate()).toMatchObject({ outcome: 'rotated' })
  expect(bench.current.username).not.toBe(gone.username)
  expect(bench.works('current')).toBe(true)
  expect(bench.recorded('rotation_discarded')).toHaveLength(1)
})

it('Issuing targets: a limit reached by an un-retired previous waits', async () => {
  const bench = new Bench('issue-then-revoke')
  await bench.rotate()
  expect(bench.issuer.keys).toHaveLength(bench.issuer.limit)
  bench.clock.advance(30 * DAY)
  expect(await bench.rotate({ force: true })).toMatchObject({ outcome: 'waiting', for: 'retire' })
  await bench.retire()
  expect(await bench.rotate({ force: true })).toMatchObject({ outcome: 'rotated' })
  // tagged by a rotation of ours and older than any run, yet named by a version
  expect(bench.works('previous')).toBe(true)
})

it('Issuing targets: a limit reached by keys of others is refused; none is revoked', async () => {
  const bench = new Bench('issue-then-revoke')
  bench.issuer.seed('somebody' as RotationId)
  const { keys } = bench.issuer
  expect(await codeOf(bench.rotate())).toBe('key-limit')
  expect(bench.issuer.keys).toEqual(keys)
  expect((await bench.store.describe(ID, bench.call()))?.attempts).toBe(0)
})
