/** What a listing says, so that a sweep looks only at what may be due. */
import { expect, test } from 'vitest'
import type { SecretSummary } from '../../core/ports/secret-store.ts'
import { rotationId } from '../../core/rotation/ids.ts'
import { SecretValue } from '../../core/secret/secret-value.ts'
import { Place } from './support.ts'

test('when current could be read first, and whether what it replaced is alive', async () => {
  const place = new Place()
  place.fake.service.createSecret({ id: 'app', value: 'x' })
  const store = place.store('latest')
  const hint = async (): Promise<SecretSummary> => {
    for await (const summary of store.list({}, place.call())) return summary
    throw new Error('nothing listed')
  }
  const call = place.call()
  const state = (await store.describe('app', call))!
  expect((await hint()).since).toBeLessThanOrEqual(state.current.since)
  expect(await hint()).toMatchObject({ inFlight: false, previous: false })

  const [rotation, base] = [rotationId('app', state), state.current.version]
  await store.putPending('app', { rotation, base, value: SecretValue.of('y') }, call)
  await store.promote('app', { rotation, base }, call)
  const { current, previous, promotedAt } = (await store.describe('app', place.call()))!
  expect(await hint()).toMatchObject({ since: current.since, promotedAt, previous: previous !== undefined })
  expect(previous).toBeDefined()

  await store.claimRetire('app', previous!.version, 60_000, call)
  await store.retirePrevious('app', previous!.version, call)
  expect(await hint()).toMatchObject({ since: current.since, previous: false })
})
