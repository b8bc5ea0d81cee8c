import type { WireAnswer } from '../common/wire.ts'
import { type Account, type Blob, nextEtag } from './account.ts'
import { checkRead, checkWrite } from './conditions.ts'
import { blobNotFound, containerExists, containerNotFound, invalid } from './errors.ts'
import { listing } from './listing.ts'

export interface BlobRequest {
  readonly account: Account
  readonly origin: string
  readonly query: URLSearchParams
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly container: string
  /** Empty: the request is about the container. */
  readonly blob: string
}

export interface BlobOperation {
  readonly run: (request: BlobRequest) => WireAnswer
  /** After `Microsoft.Storage/storageAccounts/blobServices/containers/`. */
  readonly action: string
}

/** By the name of the REST reference: https://learn.microsoft.com/rest/api/storageservices/blob-service-rest-api */
export const operations = {
  CreateContainer: { run: createContainer, action: 'write' },
  GetContainerProperties: { run: getContainer, action: 'read' },
  ListBlobs: { run: listBlobs, action: 'blobs/read' },
  PutBlob: { run: putBlob, action: 'blobs/write' },
  GetBlob: { run: getBlob, action: 'blobs/read' },
  GetBlobProperties: { run: request => ({ ...getBlob(request), body: '' }), action: 'blobs/read' },
  DeleteBlob: { run: deleteBlob, action: 'blobs/delete' },
} as const satisfies Readonly<Record<string, BlobOperation>>

export type BlobOperationName = keyof typeof operations

/** Undefined: nothing that this fake knows. */
export function operationOf(method: string, query: URLSearchParams, blob: string): BlobOperationName | undefined {
  const [restype, comp] = [query.get('restype'), query.get('comp')]
  if (blob !== '') {
    if (comp !== null) return undefined
    const ops = { PUT: 'PutBlob', GET: 'GetBlob', HEAD: 'GetBlobProperties', DELETE: 'DeleteBlob' } as const
    return ops[method as keyof typeof ops]
  }
  if (restype !== 'container') return undefined
  if (comp === 'list') return method === 'GET' ? 'ListBlobs' : undefined
  if (comp !== null) return undefined
  return ({ PUT: 'CreateContainer', GET: 'GetContainerProperties', HEAD: 'GetContainerProperties' } as const)[
    method as 'PUT'
  ]
}

function createContainer({ account, container }: BlobRequest): WireAnswer {
  if (account.containers.has(container)) throw containerExists()
  if (!/^(?!-)(?!.*--)[a-z0-9-]{3,63}(?<!-)$/.test(container)) throw invalid('InvalidResourceName')
  account.containers.set(container, new Map())
  return { status: 201, headers: { etag: nextEtag(account), ...lastModified(account.now()) }, body: '' }
}

function getContainer(request: BlobRequest): WireAnswer {
  blobsOf(request)
  return { status: 200, headers: { etag: '"0x8D0"', ...lastModified(0) }, body: '' }
}

function listBlobs(request: BlobRequest): WireAnswer {
  return listing(request, blobsOf(request))
}

/** The whole blob in one request; what stood there before is replaced. */
function putBlob(request: BlobRequest): WireAnswer {
  const { account, headers, body, blob: name } = request
  const blobs = blobsOf(request)
  if (headers['x-ms-blob-type'] !== 'BlockBlob') throw invalid('InvalidHeaderValue')
  const known = blobs.get(name)
  checkWrite(headers, known)
  const now = account.now()
  const blob: Blob = {
    content: body,
    contentType: headers['x-ms-blob-content-type'] ?? headers['content-type'] ?? 'application/octet-stream',
    metadata: metadataOf(headers),
    etag: nextEtag(account),
    createdAt: known?.createdAt ?? now,
    modifiedAt: now,
  }
  blobs.set(name, blob)
  return { status: 201, headers: { etag: blob.etag, ...lastModified(now) }, body: '' }
}

function getBlob(request: BlobRequest): WireAnswer {
  const blob = blobsOf(request).get(request.blob)
  if (!blob) throw blobNotFound()
  checkRead(request.headers, blob)
  const metadata = Object.entries(blob.metadata).map(([name, value]) => [`x-ms-meta-${name}`, value])
  const headers = {
    etag: blob.etag,
    ...lastModified(blob.modifiedAt),
    'content-length': String(Buffer.byteLength(blob.content)),
    'content-type': blob.contentType,
    'x-ms-blob-type': 'BlockBlob',
    'x-ms-creation-time': new Date(blob.createdAt).toUTCString(),
    ...Object.fromEntries(metadata),
  }
  return { status: 200, headers, body: blob.content }
}

function deleteBlob(request: BlobRequest): WireAnswer {
  const blobs = blobsOf(request)
  const known = blobs.get(request.blob)
  if (!known) throw blobNotFound()
  checkWrite(request.headers, known)
  blobs.delete(request.blob)
  return { status: 202, headers: {}, body: '' }
}

function blobsOf({ account, container }: BlobRequest): Map<string, Blob> {
  const blobs = account.containers.get(container)
  if (!blobs) throw containerNotFound()
  return blobs
}

const lastModified = (at: number): Record<string, string> => ({ 'last-modified': new Date(at).toUTCString() })

const metadataOf = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      name.startsWith('x-ms-meta-') ? [[name.slice('x-ms-meta-'.length), value]] : [],
    ),
  )
