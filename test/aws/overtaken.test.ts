import { expect, it } from 'vitest'
import type { RotationId } from '../../core/ports/secret-store.ts'
import { rotationId } from '../../core/rotation/ids.ts'
import { SecretValue } from '../../core/secret/secret-value.ts'
import { Place } from './support.ts'

const ID = 'app'

/** A rotation; then a person's edit takes AWSPREVIOUS from what it had replaced, which is left without a label. */
async function editedAfterRotation(place: Place) {
  const store = place.store()
  const { version: base } = await store.put(ID, SecretValue.of('first'), place.call())
  const call = place.call()
  const state = (await store.describe(ID, call))!
  const rotation: RotationId = rotationId(ID, state)
  await store.putPending(ID, { rotation, base, value: SecretValue.of('second') }, call)
  await store.promote(ID, { rotation, base }, call)
  await store.put(ID, SecretValue.of('edited'), place.call())
  return { store, base }
}

it('ends what a rotation has replaced also when an edit has taken its last label [fake]', async () => {
  const place = new Place()
  const { store, base } = await editedAfterRotation(place)
  const call = place.call()
  expect((await store.describe(ID, call))!.previous).toEqual({ version: base })
  await store.claimRetire(ID, base, 30_000, call)
  expect((await store.describe(ID, place.call()))!.retiring).toBeDefined()
  await store.retirePrevious(ID, base, call)
  const after = (await store.describe(ID, place.call()))!
  expect(after.previous).toBeUndefined()
  expect(after.retiring).toBeUndefined()
})

it('claims nothing that the last rotation has not replaced [fake]', async () => {
  const place = new Place()
  const { store, base } = await editedAfterRotation(place)
  const other = (await store.put(ID, SecretValue.of('again'), place.call())).version
  await expect(store.claimRetire(ID, other, 30_000, place.call())).rejects.toMatchObject({ code: 'stale' })
  await store.claimRetire(ID, base, 30_000, place.call())
})
