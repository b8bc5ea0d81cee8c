/** The contract again, on an emulator that other people wrote; what it does otherwise than AWS: `test/stand/moto-deviations`. */
import assert from 'node:assert/strict'
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { afterAll, describe, it } from 'vitest'
import { openAwsStore } from '../../aws/index.ts'
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

/** Why each is not kept here; every line must stay true, or the suite fails. */
const knownGaps: Readonly<Record<string, readonly string[]>> = {
  'moto cuts dates to whole seconds, so versions of one second have no order': [
    'unlabelled: newest first',
    'unlabelled: at most `limit`, the newest',
  ],
  'moto attaches a label without RemoveFromVersionId although another version has it': [
    'putPending: of many rotations at once, exactly one is pinned',
    'discardPending: one that lands late, after another run went on, is `stale`',
    'claimRetire: of many at once, exactly one run has it',
  ],
  'on moto two versions hold AWSCURRENT after a put that follows a move': [
    'promote: a repeat after a person edited current is `stale`, and the edit stays',
    'retirePrevious: what was ended stays ended after a person’s edit',
    'edit: consumers read it at once',
    'edit: is an anomaly once a rotation had left another current',
    'edit: a rotation from it ends the anomaly',
  ],
  'a value of Secrets Manager has at least one byte': ['values: empty comes back as it was put'],
}

/** moto overwrites a pending value that is put again with its token; whether a race of eight shows it is chance. */
const leftToChance = 'putPending: of many at once with one rotation, all are answered one value'

describe.skipIf(!moto)('the store on moto keeps the contract [emulator]', () => {
  const without = ['advance', 'setBack', 'records', 'denied'] as const
  const cases = storeConformance(fixture, { without, knownGaps: Object.values(knownGaps).flat() })
  for (const { name, run } of cases) if (name !== leftToChance) it(name, run)
})
