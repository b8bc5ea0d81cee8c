import { describe, it } from 'vitest'
import { knownGaps as gapsAt } from '../../conformance/gaps.ts'
import { type StoreFixture, storeConformance } from '../../core/testing/store-conformance.ts'
import type { ReadBy } from '../../gcp/secret-store.ts'
import { byAlias, Place } from './support.ts'

const fixture = (readBy: ReadBy, location?: string) => async (): Promise<StoreFixture> => {
  const place = new Place()
  const store = place.store(readBy, 'test', location)
  place.fake.permissions.denyAction('denied', '*')
  return {
    store,
    now: () => place.clock.now(),
    advance: ms => {
      place.clock.time += ms
    },
    seed: (id, value) => store.put(id, value, place.call()),
    edit: (id, value) => store.put(id, value, place.call()),
    second: () => place.store(readBy, 'test', location),
    denied: place.store(readBy, 'denied', location),
  }
}

const knownGaps = gapsAt('gcp', 'our fake')
const without = ['setBack', 'records'] as const

describe('the store on the fake of Secret Manager, read by an alias [fake]', () => {
  for (const { name, run } of storeConformance(fixture(byAlias), { without, knownGaps })) it(name, run)
})

describe('the store on the fake of Secret Manager, read as latest [fake]', () => {
  for (const { name, run } of storeConformance(fixture('latest'), { without, knownGaps })) it(name, run)
})
