import { describe, expect, it } from 'vitest'
import { MemoryStore } from '../../core/testing/memory-store.ts'
import { type StoreFixture, storeConformance } from '../../core/testing/store-conformance.ts'
import { ManualClock, Place } from './support.ts'

async function localFixture(): Promise<StoreFixture> {
  const place = new Place()
  const store = await place.open()
  return {
    store,
    ...clockOf(place.clock),
    seed: (id, value) => store.put(id, value, place.call()),
    edit: (id, value) => store.put(id, value, place.call()),
    second: () => place.open(),
    records: () => store.audit.events(),
    close: () => place.remove(),
  }
}

async function memoryFixture(): Promise<StoreFixture> {
  const clock = new ManualClock()
  const store = new MemoryStore(clock)
  return {
    store,
    ...clockOf(clock),
    seed: async (id, value) => store.seed(id, value),
    edit: async (id, value) => store.edit(id, value),
    second: () => store,
    records: () => store.events,
  }
}

const clockOf = (clock: ManualClock) => ({
  now: () => clock.now(),
  advance: (ms: number) => {
    clock.time += ms
  },
  setBack: (ms: number) => {
    clock.time -= ms
  },
})

// Denial is met when the file is opened: see files.test.ts.
const local = storeConformance(localFixture, { without: ['denied'] })
const memory = storeConformance(memoryFixture, {
  without: ['denied', 'setBack', 'deadline'],
})

describe('the local store keeps the contract', () => {
  for (const { name, run } of local) it(name, run)
})

describe('the store in memory keeps the contract', () => {
  for (const { name, run } of memory) it(name, run)
})

describe('the suite itself', () => {
  it('has no two cases of one name', () => {
    const names = storeConformance(localFixture).map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
  })

  it('refuses a gap that is no case', () => {
    expect(() => storeConformance(localFixture, { knownGaps: ['promote: makes coffee'] })).toThrow('makes coffee')
  })

  it('fails a known gap that has closed', async () => {
    const name = local[0]!.name
    const closed = storeConformance(localFixture, { knownGaps: [name] }).find(one => one.name === name)!
    await expect(closed.run()).rejects.toThrow('strike it off')
  })

  it('fails a case whose fixture offers less than it says', async () => {
    const bare = async () => ({ ...(await memoryFixture()), second: undefined })
    const needsSecond = storeConformance(bare as never).find(({ name }) => name.includes('many at once'))!
    await expect(needsSecond.run()).rejects.toThrow('no second()')
  })
})
