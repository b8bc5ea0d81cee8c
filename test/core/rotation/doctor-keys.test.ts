import { expect, it } from 'vitest'
import type { RotationId } from '../../../core/ports/secret-store.ts'
import { ID } from '../../../core/testing/simulation/world.ts'
import { Bench, DAY, RUN_LIFE } from './support.ts'

const kindsOf = (findings: readonly { kind: string }[]) => findings.map(({ kind }) => kind)

it('issuing: an orphan is revoked when its maker can be at work no more; foreign keys never', async () => {
  const bench = new Bench('issue-then-revoke')
  const run = {}
  await bench.store.describe(ID, bench.call(run))
  const issuing = { rotation: 'lost' as RotationId, since: bench.clock.now(), keys: bench.issuer.keys }
  await bench.store.note(ID, { issuing }, bench.call(run))
  const orphan = bench.issuer.seed('lost' as RotationId)
  const before = bench.issuer.keys
  expect((await bench.repair()).left).toMatchObject([
    { kind: 'orphan-key', fixable: false },
    { kind: 'unknown-keys', weight: 'info' },
  ])
  bench.clock.advance(RUN_LIFE)
  expect(kindsOf((await bench.repair()).repaired)).toEqual(['orphan-key'])
  expect(bench.issuer.keys).toEqual(before.filter(key => key !== orphan.username))
  expect(bench.works('current')).toBe(true)
})

it('issuing: an untagged key is ours only if it came while the run on record could issue', async () => {
  const bench = new Bench('issue-then-revoke', { tags: false })
  const run = {}
  await bench.store.describe(ID, bench.call(run))
  const issuing = { rotation: 'lost' as RotationId, since: bench.clock.now(), keys: bench.issuer.keys }
  await bench.store.note(ID, { issuing }, bench.call(run))
  bench.clock.advance(RUN_LIFE + 1)
  const theirs = bench.issuer.seed()
  bench.clock.advance(DAY)
  expect((await bench.repair()).repaired).toEqual([])
  await bench.issuer.revoke(theirs.username, bench.call())
  await bench.store.note(ID, { issuing: { ...issuing, since: bench.clock.now() } }, bench.call(run))
  const ours = bench.issuer.seed()
  bench.clock.advance(RUN_LIFE)
  expect(kindsOf((await bench.repair()).repaired)).toEqual(['orphan-key'])
  expect(bench.issuer.keys).not.toContain(ours.username)
})

it('issuing: a pending whose key is gone is replaced by the rotation that goes on', async () => {
  const bench = new Bench('issue-then-revoke')
  const { username } = await bench.begun()
  await bench.issuer.revoke(username, { signal: bench.abort.signal, deadline: bench.clock.now() + DAY })
  expect(kindsOf((await bench.repair()).repaired)).toEqual(['pending-key-gone'])
  expect(bench.works('current')).toBe(true)
})
