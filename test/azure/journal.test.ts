/** Names of journals, what a listing makes of them, and that exactly one of several writers wins: on the fake and in Azurite. */
import { BlobServiceClient, type ContainerClient } from '@azure/storage-blob'
import { afterAll, describe, expect, test } from 'vitest'
import { Journal, secretOf } from '../../azure/journal.ts'
import { emptyLedger, type Ledger, noted, pinned } from '../../core/ledger/record.ts'
import type { RotationId, SecretSummary, VersionId } from '../../core/ports/secret-store.ts'
import { startAzurite } from '../stand/azurite.ts'
import { requireServer } from '../stand/stand.ts'
import { CONTAINER, ManualClock, Place } from './support.ts'

const HOST = 'my-kv.vault.azure.net'
const clock = new ManualClock()
const call = () => ({ signal: new AbortController().signal, deadline: clock.time + 60_000 })

const pending = { rotation: 'ls-1' as RotationId, version: 'v' as VersionId, base: 'b' as VersionId, since: 1 }

async function listed(journal: Journal, prefix = ''): Promise<SecretSummary[]> {
  const all: SecretSummary[] = []
  for await (const summary of journal.list(prefix, call())) all.push(summary)
  return all
}

const azurite = requireServer(await startAzurite())
const emulated = azurite && BlobServiceClient.fromConnectionString(azurite.connectionString)
let count = 0
afterAll(() => azurite?.stop())

const servers: Readonly<Record<string, () => Promise<ContainerClient>>> = {
  fake: async () => new Place().blobs.inProcessClient().getContainerClient(CONTAINER),
  emulator: async () => {
    const container = emulated!.getContainerClient(`journal-${++count}`)
    await container.create()
    return container
  },
}

describe.each(Object.entries(servers))('journals [%s]', (label, make) => {
  const on = test.skipIf(label === 'emulator' && !azurite)

  on('absent: undefined; written: the same again', async () => {
    const journal = new Journal(await make(), clock, HOST)
    expect(await journal.read('app', call())).toBeUndefined()
    const ledger = pinned(emptyLedger, pending)
    const { etag } = await journal.write('app', ledger, undefined, call())
    expect(await journal.read('app', call())).toMatchObject({ ledger, etag })
  })

  on('of eight that create it, and of eight that replace it, one wins', async () => {
    const journal = new Journal(await make(), clock, HOST)
    const race = async (over: Awaited<ReturnType<Journal['read']>>) => {
      const writes = Array.from({ length: 8 }, (_, n) =>
        journal.write('app', { ...emptyLedger, epoch: n }, over, call()),
      )
      const ends = await Promise.allSettled(writes)
      const lost = ends.flatMap(end => (end.status === 'rejected' ? [end.reason.code] : []))
      expect(lost).toEqual(Array(7).fill('stale'))
    }
    await race(undefined)
    await race(await journal.read('app', call()))
  })

  on('one vault’s, by prefix, with what its record says, and 5,000 to a page', async () => {
    const container = await make()
    const journal = new Journal(container, clock, HOST)
    const halted: Ledger = noted(emptyLedger, { halted: 'nicht möglich: „x“ 漢字', promotedAt: 7 })
    await journal.write('App-One', pinned(emptyLedger, pending), undefined, call())
    await journal.write('app-two', halted, undefined, call())
    const left = { rotation: pending.rotation, version: pending.version, since: 5 }
    await journal.write('other', { ...emptyLedger, left, previous: pending.base }, undefined, call())
    await new Journal(container, clock, 'another.vault.azure.net').write('app-three', emptyLedger, undefined, call())
    const [one, two, ...rest] = await listed(journal, 'APP-')
    expect(one).toMatchObject({ id: 'App-One', inFlight: true, previous: false })
    expect(two).toMatchObject({ id: 'app-two', inFlight: false, promotedAt: 7, halted: 'nicht möglich: „x“ 漢字' })
    expect([rest.length, (await listed(journal)).length]).toEqual([0, 3])
    expect(await listed(journal, 'other')).toMatchObject([{ since: 5, previous: true }])
  })

  on('a blob that somebody has put there: nothing is known of it', async () => {
    const container = await make()
    const journal = new Journal(container, clock, HOST)
    await container.getBlockBlobClient(`${HOST}/app.json`).upload('{}', 2)
    await container.getBlockBlobClient(`${HOST}/notes.txt`).upload('{}', 2)
    expect(await listed(journal)).toMatchObject([{ id: 'app', inFlight: 'unknown' }])
    await expect(journal.read('app', call())).rejects.toMatchObject({ code: 'store-corrupt' })
  })
})

describe('names', () => {
  const journal = (vault: string, prefix?: string) =>
    new Journal(undefined as unknown as ContainerClient, clock, vault, prefix)

  test.each([
    [HOST, undefined, 'app', 'my-kv.vault.azure.net/app.json'],
    [HOST, undefined, 'App-DB', 'my-kv.vault.azure.net/app-db.json'],
    [HOST, 'journals/', 'app', 'journals/my-kv.vault.azure.net/app.json'],
    ['localhost:8443', undefined, 'app', 'localhost_8443/app.json'],
  ])('%s, prefix %s, %s: %s, and the way back', (vault, prefix, secret, blob) => {
    expect(journal(vault, prefix).nameOf(secret)).toBe(blob)
    const folder = blob.slice(0, blob.lastIndexOf('/') + 1)
    expect(secretOf(blob, folder)).toBe(secret.toLowerCase())
  })

  test.each(['app.json', 'x/app.json', 'f/app', 'f/a/b.json', 'f/.json', 'f/a_b.json', 'f/App.json'])(
    '%s is none of ours',
    blob => expect(secretOf(blob, 'f/')).toBeUndefined(),
  )
})
