import { describe, it } from 'vitest'
import { MemoryStore } from '../../core/testing/memory-store.ts'
import { type RegisterFixture, registerConformance } from '../../core/testing/register-conformance.ts'
import { registerIn, registerOver } from '../../core/testing/register-conformance-fixture.ts'
import { ManualClock, Place } from './support.ts'

/** Two handles on one file, as two processes have them. */
async function localFixture(): Promise<RegisterFixture> {
  const place = new Place()
  const store = await place.open()
  return {
    ...registerOver(store, {
      now: () => place.clock.now(),
      put: (id, value) => store.put(id, value, place.call()),
    }),
    second: async () => registerIn(await place.open()),
    close: () => place.remove(),
  }
}

async function memoryFixture(): Promise<RegisterFixture> {
  const clock = new ManualClock()
  const store = new MemoryStore(clock)
  return {
    ...registerOver(store, { now: () => clock.now(), put: async (id, value) => store.seed(id, value) }),
    second: () => registerIn(store),
  }
}

// Denial is met when the file is opened: see files.test.ts.
const without = ['denied', 'unreachable'] as const

describe('the register in the local store', () => {
  for (const { name, run } of registerConformance(localFixture, { without })) it(name, run)
})

describe('the register in the store in memory', () => {
  for (const { name, run } of registerConformance(memoryFixture, { without })) it(name, run)
})
