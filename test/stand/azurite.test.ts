import { BlobServiceClient, type ContainerClient, StorageSharedKeyCredential } from '@azure/storage-blob'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { type Check, checks } from '../fakes/azure/blob-storage/checks.ts'
import { startAzurite } from './azurite.ts'
import { requireServer } from './stand.ts'

const azurite = requireServer(await startAzurite())
const service = azurite && BlobServiceClient.fromConnectionString(azurite.connectionString)
let container: ContainerClient
let count = 0

async function freshContainer(): Promise<void> {
  container = service!.getContainerClient(`journal-${++count}`)
  await container.create()
}

beforeEach(async () => {
  if (service) await freshContainer()
})
afterAll(() => azurite?.stop())

const outcome = async (check: Check): Promise<'holds' | string> => {
  try {
    await check({ service: service!, container })
    return 'holds'
  } catch (error) {
    return (error as Error).message
  }
}

// Both directions: a deviation that went away is a failure too.
for (const { behaviour, documented, azurite: instead } of checks)
  if (instead === undefined)
    test.skipIf(!azurite)(`Azurite does as documented: ${behaviour}`, async () => {
      expect(await outcome(documented)).toBe('holds')
    })
  else
    test.skipIf(!azurite)(`Azurite deviates: ${behaviour}`, async () => {
      expect(await outcome(documented)).not.toBe('holds')
      await freshContainer()
      expect(await outcome(instead)).toBe('holds')
    })

test.skipIf(!azurite)('the key is the account’s, and another is refused', async () => {
  const { blobEndpoint, account, key } = azurite!
  const open = (with_: string) => new BlobServiceClient(blobEndpoint, new StorageSharedKeyCredential(account, with_))
  expect(await open(key).getContainerClient(container.containerName).exists()).toBe(true)
  const other = open(Buffer.from('another key').toString('base64')).getContainerClient(container.containerName)
  await expect(other.exists()).rejects.toMatchObject({ statusCode: 403 })
})

// What is sent there: test/azure/queue.test.ts.
test.skipIf(!azurite)('the queue service answers too', async () => {
  const answer = await fetch(`${azurite!.queueEndpoint}?comp=list`)
  expect([answer.status, answer.headers.get('x-ms-error-code')]).toEqual([403, 'AuthenticationFailed'])
})
