import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
import { RIC_VERSION, runtimeClient } from './ric.ts'
import { requireServer } from './stand.ts'

const here = requireServer(await runtimeClient())

test.skipIf(!here)('the runtime client is installed once, in the version that is named', async () => {
  expect(existsSync(here!.entry)).toBe(true)
  const began = performance.now()
  expect(await runtimeClient()).toEqual(here)
  expect(performance.now() - began).toBeLessThan(20_000) // nothing is compiled again
  expect(here!.entry).toContain(RIC_VERSION)
})
