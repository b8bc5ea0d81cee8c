import { expect, it } from 'vitest'
import { emptyLedger, pinned, promoted, writeLedger } from '../../core/ledger/record.ts'
import type { RotationId, VersionId } from '../../core/ports/secret-store.ts'
import { Place } from './support.ts'

const ID = 'app-db'
const rotation = `ls-${'1'.repeat(40)}` as RotationId
const [one, two] = ['1', '2'] as VersionId[]

it('latest: the first rotation of all, between the look at the record and that at the versions, is no edit', async () => {
  const place = new Place()
  const { service, faults } = place.fake
  service.createSecret({ id: ID, value: 'old' })
  const entry = { rotation, base: one!, version: 'lockstep-1' as VersionId, since: place.clock.time }
  const rotated = () => {
    const ledger = promoted(pinned(emptyLedger, entry), entry, two!, undefined, place.clock.time)
    service.putAsPerson(ID, 'new')
    service.patchAsPerson(ID, { annotations: { lockstep: writeLedger({ ...ledger, writes: 2 }) } } as object)
  }
  const { take } = faults
  let asked = 0
  faults.take = op => {
    if (++asked === 2) rotated()
    return take.call(faults, op)
  }
  const state = await place.store('latest').describe(ID, place.call())
  expect(state).toMatchObject({ current: { version: two, rotation }, previous: { version: one } })
})
