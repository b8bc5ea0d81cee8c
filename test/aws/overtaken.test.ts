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

it('a claim of a run that has slept through the next rotation is void, and keeps nobody from ending the right one [fake]', async () => {
  const place = new Place()
  const store = place.store()
  await store.put(ID, SecretValue.of('first'), place.call())
  const rotated = async (value: string) => {
    const call = place.call()
    const state = (await store.describe(ID, call))!
    const move = { rotation: rotationId(ID, state), base: state.current.version }
    await store.putPending(ID, { ...move, value: SecretValue.of(value) }, call)
    await store.promote(ID, move, call)
    return move.base
  }
  const first = await rotated('second')
  const sleeper = place.call()
  await store.describe(ID, sleeper)
  const second = await rotated('third')
  await store.claimRetire(ID, first, 30_000, sleeper).catch(() => undefined)
  const call = place.call()
  const state = (await store.describe(ID, call))!
  expect([state.previous?.version, state.retiring]).toEqual([second, undefined])
  await store.claimRetire(ID, second, 30_000, call)
  await store.retirePrevious(ID, second, call)
  const labels = [...place.fake.service.peek(ID).versions.values()].flatMap(({ stages }) => stages)
  expect(labels.filter(label => label === 'AWSPENDING' || label.startsWith('LOCKSTEP_RETIRING'))).toEqual([])
})

it('does not go back to a state that is older than what the run has seen [fake]', async () => {
  const place = new Place()
  const store = place.store()
  await store.put(ID, SecretValue.of('first'), place.call())
  const { version } = await store.put(ID, SecretValue.of('second'), place.call())
  const call = place.call()
  expect((await store.describe(ID, call))!.current.version).toBe(version)
  place.fake.faults.stale({ reads: 1, writes: 1 }, ['DescribeSecret'])
  await expect(store.describe(ID, call)).rejects.toMatchObject({ code: 'busy' })
  expect((await store.describe(ID, call))!.current.version).toBe(version)
})
