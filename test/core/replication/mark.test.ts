import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { RotationId, VersionId } from '../../../core/ports/secret-store.ts'
import { compareMarks, copyId, type Mark, markOf, originOf, sameMark } from '../../../core/replication/mark.ts'
import { derivesFrom, isOwnName } from '../../../core/rotation/ids.ts'

const marks = fc.record({
  epoch: fc.nat(0xffff),
  sequence: fc.nat(0xffffffff),
  origin: fc.stringMatching(/^[0-9a-f]{8}$/),
})
const basis = { current: { version: 'v1' as VersionId }, generation: 3 }

describe('the name of a copy', () => {
  it('holds its mark, is one of ours, proves its base and fits where AWS keeps names', () =>
    fc.assert(
      fc.property(marks, mark => {
        const id = copyId(mark, 'app', basis)
        expect(markOf(id)).toEqual(mark)
        expect(isOwnName(id) && derivesFrom(id, 'app', basis)).toBe(true)
        expect(derivesFrom(id, 'app', { ...basis, generation: 4 })).toBe(false)
        expect(id.length).toBeLessThanOrEqual(64)
        expect(id.length).toBeGreaterThanOrEqual(32)
      }),
    ))

  it.each(['ls-', 'lr-', 'lf-', 'lf-0001', ''])('nothing else has one: %s', prefix => {
    expect(markOf(`${prefix}${'a'.repeat(40)}` as RotationId)).toBeUndefined()
  })

  it('is in the order of epochs first, and then of versions', () =>
    fc.assert(
      fc.property(marks, marks, (one, other) => {
        const order = compareMarks(one, other)
        const expected = one.epoch === other.epoch ? one.sequence - other.sequence : one.epoch - other.epoch
        expect(Math.sign(order)).toBe(Math.sign(expected))
        expect(compareMarks(other, one)).toBe(-order || 0)
        expect(sameMark(one, { ...one })).toBe(true)
        expect(sameMark(one, { ...one, origin: 'ffffffff' } as Mark)).toBe(one.origin === 'ffffffff')
      }),
    ))
})

it('two leaders never call a version the same, and a version keeps its name when promotion changes its id', () => {
  const rotation = 'ls-1' as RotationId
  const [a, b] = ['1' as VersionId, '2' as VersionId]
  expect(originOf('eu', { rotation, version: a })).toBe(originOf('eu', { rotation, version: b }))
  expect(originOf('eu', { version: a })).not.toBe(originOf('us', { version: a }))
  expect(originOf('eu', { version: a })).not.toBe(originOf('eu', { version: b }))
})
