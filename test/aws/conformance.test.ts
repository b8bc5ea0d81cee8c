import { describe, it } from 'vitest'
import { knownGaps as gapsAt } from '../../conformance/gaps.ts'
import { type StoreFixture, storeConformance } from '../../core/testing/store-conformance.ts'
import { Place } from './support.ts'

async function fixture(): Promise<StoreFixture> {
  const place = new Place()
  const store = place.store()
  place.fake.permissions.denyAction('denied', '*')
  return {
    store,
    now: () => place.clock.now(),
    advance: ms => {
      place.clock.time += ms
    },
    seed: (id, value) => store.put(id, value, place.call()),
    edit: (id, value) => store.put(id, value, place.call()),
    second: () => place.store(),
    denied: place.store('denied'),
  }
}

const knownGaps = gapsAt('aws', 'our fake')

describe('the store on the fake of AWS Secrets Manager keeps the contract [fake]', () => {
  for (const { name, run } of storeConformance(fixture, { without: ['setBack', 'records'], knownGaps })) it(name, run)
})
