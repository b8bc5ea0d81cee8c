// What a journal relies on, written once: checked of our fake (blob-storage.test.ts) and of Azurite (test/stand). A check
// with `azurite` deviates there, in that way; both are checked, so that a deviation that went away has to be struck off.

import assert from 'node:assert/strict'
import type { BlobRequestConditions, BlobServiceClient, ContainerClient, RestError } from '@azure/storage-blob'

export interface Tested {
  readonly service: BlobServiceClient
  /** Exists and is empty. */
  readonly container: ContainerClient
}

export type Check = (on: Tested) => Promise<void>

export interface BlobCheck {
  readonly behaviour: string
  /** The page of the REST reference, https://learn.microsoft.com/rest/api/storageservices/ */
  readonly source: string
  readonly documented: Check
  /** What Azurite does instead. */
  readonly azurite?: Check
}

export async function put(
  container: ContainerClient,
  name: string,
  content: string,
  conditions: BlobRequestConditions = {},
  more: { metadata?: Record<string, string> } = {},
): Promise<string> {
  const blob = container.getBlockBlobClient(name)
  const { etag } = await blob.upload(content, Buffer.byteLength(content), { conditions, ...more })
  return etag!
}

export const get = async (container: ContainerClient, name: string): Promise<string> =>
  (await container.getBlockBlobClient(name).downloadToBuffer()).toString()

/** The call fails with that status and code. */
export async function refused(call: Promise<unknown>, status: number, code: string | undefined): Promise<void> {
  const error = await call.then(
    () => assert.fail('the call was accepted'),
    (reason: RestError) => reason,
  )
  assert.deepEqual([error.statusCode, error.code], [status, code], error.message)
}

export async function names(container: ContainerClient, prefix?: string): Promise<string[]> {
  const found: string[] = []
  for await (const { name } of container.listBlobsFlat(prefix === undefined ? {} : { prefix })) found.push(name)
  return found
}

const putBlob = 'put-blob'
const conditional = 'specifying-conditional-headers-for-blob-service-operations'

export const checks: readonly BlobCheck[] = [
  {
    behaviour: 'a blob is read as it was put, with its metadata',
    source: 'get-blob',
    documented: async ({ container }) => {
      const etag = await put(container, 'app/db ü.json', '{"ü":1}', {}, { metadata: { rotation: 'r1' } })
      assert.equal(await get(container, 'app/db ü.json'), '{"ü":1}')
      const read = await container.getBlockBlobClient('app/db ü.json').download()
      assert.deepEqual([read.etag, read.metadata], [etag, { rotation: 'r1' }])
      const chunks: Buffer[] = []
      for await (const chunk of read.readableStreamBody!) chunks.push(Buffer.from(chunk))
      assert.equal(Buffer.concat(chunks).toString(), '{"ü":1}')
    },
  },
  {
    behaviour: 'a put replaces content and metadata, under a new ETag',
    source: putBlob,
    documented: async ({ container }) => {
      const first = await put(container, 'a', 'one', {}, { metadata: { old: 'yes' } })
      const second = await put(container, 'a', 'two')
      assert.notEqual(first, second)
      const read = await container.getBlockBlobClient('a').getProperties()
      assert.deepEqual([read.etag, read.metadata], [second, {}])
    },
  },
  {
    behaviour: 'the same content again has a new ETag',
    source: putBlob,
    documented: async ({ container }) =>
      assert.notEqual(await put(container, 'a', 'one'), await put(container, 'a', 'one')),
  },
  {
    behaviour: 'an ETag is written with quotes',
    source: 'blob-service-rest-api',
    documented: async ({ container }) => assert.match(await put(container, 'a', 'one'), /^"0x[0-9A-F]+"$/),
  },
  {
    behaviour: 'If-Match puts over that ETag only: else 412 ConditionNotMet, nothing changed',
    source: conditional,
    documented: async ({ container }) => {
      const first = await put(container, 'a', 'one')
      await put(container, 'a', 'two', { ifMatch: first })
      await refused(put(container, 'a', 'three', { ifMatch: first }), 412, 'ConditionNotMet')
      assert.equal(await get(container, 'a'), 'two')
    },
  },
  {
    behaviour: 'If-Match over no blob is 412 ConditionNotMet, with * too',
    source: conditional,
    documented: async ({ container }) => {
      const etag = await put(container, 'other', 'one')
      await refused(put(container, 'a', 'one', { ifMatch: etag }), 412, 'ConditionNotMet')
      await refused(put(container, 'a', 'one', { ifMatch: '*' }), 412, 'ConditionNotMet')
      assert.deepEqual(await names(container), ['other'])
    },
  },
  {
    behaviour: 'If-None-Match: * creates only: over a blob 409 BlobAlreadyExists',
    source: putBlob,
    documented: async ({ container }) => {
      await put(container, 'a', 'one', { ifNoneMatch: '*' })
      await refused(put(container, 'a', 'two', { ifNoneMatch: '*' }), 409, 'BlobAlreadyExists')
      assert.equal(await get(container, 'a'), 'one')
    },
  },
  {
    behaviour: 'of many that create or replace at once, one wins',
    source: conditional,
    documented: async ({ container }) => {
      const race = async (conditions: BlobRequestConditions) => {
        const racers = Array.from({ length: 8 }, (_, index) => put(container, 'a', String(index), conditions))
        const ended = await Promise.allSettled(racers)
        return ended.filter(({ status }) => status === 'fulfilled').length
      }
      assert.equal(await race({ ifNoneMatch: '*' }), 1)
      const { etag } = await container.getBlockBlobClient('a').getProperties()
      assert.equal(await race({ ifMatch: etag! }), 1)
    },
  },
  {
    behaviour: 'a get of the ETag that one has is 304',
    source: conditional,
    documented: async ({ container }) => {
      const etag = await put(container, 'a', 'one')
      const blob = container.getBlockBlobClient('a')
      const read = (conditions: BlobRequestConditions) => blob.download(0, undefined, { conditions })
      await refused(read({ ifNoneMatch: etag }), 304, undefined)
      await refused(read({ ifMatch: '"0x8D0"' }), 412, 'ConditionNotMet')
      await read({ ifMatch: etag })
    },
  },
  {
    behaviour: 'what is not there is 404: BlobNotFound, ContainerNotFound',
    source: 'blob-service-error-codes',
    documented: async ({ container, service }) => {
      await refused(container.getBlockBlobClient('a').download(), 404, 'BlobNotFound')
      await refused(container.getBlockBlobClient('a').delete(), 404, 'BlobNotFound')
      const other = service.getContainerClient('not-there')
      await refused(put(other, 'a', 'one'), 404, 'ContainerNotFound')
      await refused(other.getBlockBlobClient('a').download(), 404, 'ContainerNotFound')
      await refused(names(other), 404, 'ContainerNotFound')
    },
  },
  {
    behaviour: 'a HEAD tells of what is not there too',
    source: 'get-blob-properties',
    documented: async ({ container }) => {
      await refused(container.getBlockBlobClient('a').getProperties(), 404, undefined)
      assert.equal(await container.getBlockBlobClient('a').exists(), false)
      await put(container, 'a', 'one')
      assert.equal(await container.getBlockBlobClient('a').exists(), true)
    },
  },
  {
    behaviour: 'delete under If-Match: else 412 ConditionNotMet',
    source: 'delete-blob',
    documented: async ({ container }) => {
      const first = await put(container, 'a', 'one')
      const second = await put(container, 'a', 'two')
      const blob = container.getBlockBlobClient('a')
      await refused(blob.delete({ conditions: { ifMatch: first } }), 412, 'ConditionNotMet')
      await blob.delete({ conditions: { ifMatch: second } })
      assert.deepEqual(await names(container), [])
    },
  },
  {
    behaviour: 'a list is of a prefix, in the order of the names, page by page, with metadata if asked for',
    source: 'list-blobs',
    documented: async ({ container }) => {
      for (const name of ['b', 'app/b', 'app/a', 'app/c', 'apple'])
        await put(container, name, name, {}, { metadata: { of: 'x<&"y' } })
      assert.deepEqual(await names(container, 'app/'), ['app/a', 'app/b', 'app/c'])
      assert.deepEqual(await names(container, 'none'), [])
      const pages: string[][] = []
      for await (const page of container.listBlobsFlat({ prefix: 'app' }).byPage({ maxPageSize: 2 }))
        pages.push(page.segment.blobItems.map(({ name }) => name))
      assert.deepEqual(pages, [
        ['app/a', 'app/b'],
        ['app/c', 'apple'],
      ])
      for await (const { metadata } of container.listBlobsFlat({ includeMetadata: true }))
        assert.deepEqual(metadata, { of: 'x<&"y' })
      for await (const { metadata } of container.listBlobsFlat()) assert.equal(metadata, undefined)
    },
  },
  {
    behaviour: 'a list tells each blob’s ETag, without quotes',
    source: 'list-blobs',
    documented: async ({ container }) => {
      const etag = await put(container, 'a', 'one')
      for await (const { properties } of container.listBlobsFlat())
        assert.equal(properties.etag, etag.replaceAll('"', ''))
    },
  },
  {
    behaviour: 'a condition understands an ETag with and without quotes',
    source: conditional,
    documented: async ({ container }) => {
      const etag = await put(container, 'a', 'one')
      await put(container, 'a', 'two', { ifMatch: etag.replaceAll('"', '') })
    },
  },
  {
    behaviour: 'a container that exists is 409 ContainerAlreadyExists',
    source: 'create-container',
    documented: async ({ container }) => {
      await refused(container.create(), 409, 'ContainerAlreadyExists')
      assert.equal((await container.createIfNotExists()).succeeded, false)
    },
  },
]
