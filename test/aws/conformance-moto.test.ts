/** The contract again, on an emulator that other people wrote; what it does otherwise than AWS: `test/stand/moto-deviations`. */
import assert from 'node:assert/strict'
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { afterAll, describe, it } from 'vitest'
import { openAwsStore } from '../../aws/index.ts'
import { chanceCases, knownGaps } from '../../conformance/gaps.ts'
import { systemClock } from '../../core/ports/clock.ts'
import { type StoreFixture, storeConformance } from '../../core/testing/store-conformance.ts'
import { startMoto } from '../stand/moto.ts'
import { requireServer } from '../stand/stand.ts'

const moto = requireServer(await startMoto())
afterAll(() => moto?.stop())

const call = () => ({ signal: new AbortController().signal, deadline: Date.now() + 60_000, run: {} })

async function fixture(): Promise<StoreFixture> {
  assert.ok(moto)
  await moto.reset()
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
  const open = () =>
    openAwsStore({
      clock: systemClock,
      client: new SecretsManagerClient({ region: 'us-east-1', endpoint: moto.endpoint, credentials }),
    })
  const store = await open()
  return {
    store,
    now: Date.now,
    seed: (id, value) => store.put(id, value, call()),
    edit: (id, value) => store.put(id, value, call()),
    second: open,
    close: () => store.close(),
  }
}

const gaps = knownGaps('aws', 'moto')
const chance = chanceCases('aws', 'moto')

describe.skipIf(!moto)('the store on moto keeps the contract [emulator]', () => {
  const without = ['advance', 'setBack', 'records', 'denied'] as const
  const cases = storeConformance(fixture, { without, knownGaps: gaps })
  for (const { name, run } of cases) if (!chance.includes(name)) it(name, run)
})
