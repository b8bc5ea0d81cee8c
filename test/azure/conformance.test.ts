import { BlobServiceClient } from '@azure/storage-blob'
import { afterAll, describe, it } from 'vitest'
import { Journal } from '../../azure/journal.ts'
import { AzureSecretStore } from '../../azure/secret-store.ts'
import type { SecretValue } from '../../core/secret/secret-value.ts'
import { type StoreFeature, type StoreFixture, storeConformance } from '../../core/testing/store-conformance.ts'
import { startAzurite } from '../stand/azurite.ts'
import { requireServer } from '../stand/stand.ts'
import { Place } from './support.ts'

type Edit = (place: Place, id: string, value: SecretValue) => unknown

const fixture = (edit: Edit) => async (): Promise<StoreFixture> => {
  const place = new Place()
  const store = place.store()
  for (const { permissions } of [place.vault, place.blobs]) permissions.denyAction('denied', '*')
  return {
    store,
    now: () => place.clock.now(),
    advance: ms => {
      place.clock.time += ms
    },
    setBack: ms => {
      place.clock.time -= ms
    },
    seed: (id, value) => store.put(id, value, place.call()),
    edit: async (id, value) => edit(place, id, value),
    second: () => place.store(),
    denied: place.store('denied'),
  }
}

/** What a person's edit leaves of the tags is up to the person. */
const edits: Readonly<Record<string, Edit>> = {
  'edited through the store': (place, id, value) => place.store().put(id, value, place.call()),
  'edited at the portal, which drops all tags': (place, id, value) => place.edit(id, value.reveal()),
  'edited by a script that copies all tags, ours too': (place, id, value) => {
    const { versions, latest } = place.vault.service.peek(id)
    const { tags = {} } = versions.get(latest)!
    place.edit(id, value.reveal(), { tags })
  },
}

/** The changes and their audit records are in two services. */
const without: readonly StoreFeature[] = ['records']

describe.each(Object.entries(edits))('the store on Key Vault and Blob storage, %s [fake]', (_, edit) => {
  for (const { name, run } of storeConformance(fixture(edit), { without })) it(name, run)
})

const azurite = requireServer(await startAzurite())
const service =
  azurite && BlobServiceClient.fromConnectionString(azurite.connectionString, { retryOptions: { maxTries: 1 } })
let count = 0
afterAll(() => azurite?.stop())

/** Vault: our fake; journals: Azurite, over the network, under its ETags. */
async function overAzurite(): Promise<StoreFixture> {
  const place = new Place()
  const container = service!.getContainerClient(`journals-${++count}`)
  await container.create()
  const open = () => {
    const [requests] = place.parts()
    return new AzureSecretStore(requests, new Journal(container, place.clock, requests.host), place.clock)
  }
  const store = open()
  return {
    store,
    now: () => place.clock.now(),
    advance: ms => {
      place.clock.time += ms
    },
    setBack: ms => {
      place.clock.time -= ms
    },
    seed: (id, value) => store.put(id, value, place.call()),
    edit: (id, value) => store.put(id, value, place.call()),
    second: open,
  }
}

describe.skipIf(!azurite)('the store with its journals in Azurite [fake vault, emulated blobs]', () => {
  for (const { name, run } of storeConformance(overAzurite, { without: [...without, 'denied'] })) it(name, run)
})
