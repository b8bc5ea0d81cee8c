import { expect, it } from 'vitest'
import type { RotationId } from '../../core/ports/secret-store.ts'
import { SecretValue } from '../../core/secret/secret-value.ts'
import type { ReadBy } from '../../gcp/secret-store.ts'
import { byAlias, Place } from './support.ts'

const ID = 'app-db'
const rotation = `ls-${'1'.repeat(40)}` as RotationId

// Everything but an access by number converges "within minutes": https://cloud.google.com/secret-manager/docs/reference/consistency
it.each([{ readBy: byAlias }, { readBy: 'latest' as ReadBy }])(
  'a run goes on from what it has written, whatever a read shows: $readBy',
  async ({ readBy }) => {
    const place = new Place()
    const store = place.store(readBy)
    const value = SecretValue.of
    place.fake.service.createSecret({ id: ID, value: 'old', aliases: readBy === 'latest' ? [] : ['current'] })
    const rotating = place.call()
    const base = (await store.describe(ID, rotating))!.current.version
    await store.putPending(ID, { rotation, base, value: value('new') }, rotating)
    await store.promote(ID, { rotation, base }, rotating)
    place.clock.time += 60_000
    const retiring = place.call()
    await store.describe(ID, retiring)
    await store.claimRetire(ID, base, 30_000, retiring)
    place.fake.faults.stale({ ms: 1_000 }, ['GetSecret', 'GetSecretVersion'])
    expect(await store.describe(ID, retiring)).toHaveProperty('retiring')
    await store.retirePrevious(ID, base, retiring)
    place.fake.faults.clear()
    expect(await store.describe(ID, place.call())).not.toHaveProperty('previous')
  },
)
