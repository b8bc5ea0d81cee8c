import { expect, it } from 'vitest'
import type { RotationId, VersionId } from '../../core/ports/secret-store.ts'
import { SecretValue } from '../../core/secret/secret-value.ts'
import { Place } from './support.ts'

const ID = 'app-db'
const rotation = `ls-${'1'.repeat(40)}` as RotationId
const value = SecretValue.of

/** Pending, and then: what a publication lands on, and where its run dies. */
async function scene() {
  const place = new Place()
  const { service } = place.fake
  service.createSecret({ id: ID, value: 'old' })
  const store = place.store('latest')
  const call = place.call()
  const base = (await store.describe(ID, call))!.current.version
  await store.putPending(ID, { rotation, base, value: value('new') }, call)
  return { place, service, store, base }
}

it('whoever finds a publication that its run could not record says what it has buried', async () => {
  const { place, service, store, base } = await scene()
  service.putAsPerson(ID, 'edited')
  service.putAsPerson(ID, 'new')
  expect((await store.describe(ID, place.call()))?.pending).toMatchObject({ published: true })
  expect(await store.promote(ID, { rotation, base }, place.call())).toEqual({
    version: '3' as VersionId,
    already: false,
    overwrote: ['2'],
  })
})

it('another worker’s publication of the same value is nobody’s edit', async () => {
  const { place, service, store, base } = await scene()
  service.putAsPerson(ID, 'new')
  service.putAsPerson(ID, 'new')
  expect(await store.promote(ID, { rotation, base }, place.call())).not.toHaveProperty('overwrote')
})

it('a rollback’s publication without an answer is not taken for the older version that holds the same value', async () => {
  const { place, service, store, base } = await scene()
  await store.promote(ID, { rotation, base }, place.call())
  const back = `lr-${'2'.repeat(40)}` as RotationId
  const call = place.call()
  const current = (await store.describe(ID, call))!.current.version
  await store.putPending(ID, { rotation: back, base: current, value: value('old') }, call)
  place.fake.faults.next('AddSecretVersion', 'reset')
  await expect(store.promote(ID, { rotation: back, base: current }, call)).rejects.toMatchObject({ code: 'unknown' })
  expect(await store.promote(ID, { rotation: back, base: current }, place.call())).toMatchObject({ version: '3' })
  expect([...service.peek(ID).versions.values()].at(-1)?.value).toBe('old')
})
