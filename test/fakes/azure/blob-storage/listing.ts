import type { WireAnswer } from '../common/wire.ts'
import type { Blob } from './account.ts'
import { invalid } from './errors.ts'
import type { BlobRequest } from './operations.ts'

const PAGE = 5000

/** In the order of their names, page by page: https://learn.microsoft.com/rest/api/storageservices/list-blobs */
export function listing({ origin, query, container }: BlobRequest, blobs: ReadonlyMap<string, Blob>): WireAnswer {
  if (query.has('delimiter')) throw invalid('UnsupportedQueryParameter')
  const prefix = query.get('prefix') ?? ''
  const marker = query.get('marker') ?? ''
  const size = pageSize(query.get('maxresults'))
  const found = [...blobs]
    .filter(([name]) => name.startsWith(prefix) && name >= marker)
    .sort(([one], [other]) => (one < other ? -1 : 1))
  const withMetadata = (query.get('include') ?? '').split(',').includes('metadata')
  const shown = found.slice(0, size).map(([name, blob]) => entry(name, blob, withMetadata))
  const body = `<?xml version="1.0" encoding="utf-8"?><EnumerationResults ServiceEndpoint="${text(origin)}/" ContainerName="${text(container)}"><Prefix>${text(prefix)}</Prefix><MaxResults>${size}</MaxResults><Blobs>${shown.join('')}</Blobs><NextMarker>${text(found[size]?.[0] ?? '')}</NextMarker></EnumerationResults>`
  return { status: 200, headers: { 'content-type': 'application/xml' }, body }
}

function pageSize(given: string | null): number {
  if (given === null) return PAGE
  const size = Number(given)
  if (!Number.isInteger(size) || size < 1) throw invalid('OutOfRangeQueryParameterValue')
  return Math.min(size, PAGE)
}

function entry(name: string, blob: Blob, withMetadata: boolean): string {
  const properties = {
    'Creation-Time': new Date(blob.createdAt).toUTCString(),
    'Last-Modified': new Date(blob.modifiedAt).toUTCString(),
    // a list writes it without quotes
    Etag: blob.etag.replaceAll('"', ''),
    'Content-Length': String(Buffer.byteLength(blob.content)),
    'Content-Type': blob.contentType,
    BlobType: 'BlockBlob',
  }
  const metadata = withMetadata ? `<Metadata>${elements(blob.metadata)}</Metadata>` : ''
  return `<Blob><Name>${text(name)}</Name><Properties>${elements(properties)}</Properties>${metadata}</Blob>`
}

const elements = (values: Readonly<Record<string, string>>): string =>
  Object.entries(values)
    .map(([name, value]) => `<${name}>${text(value)}</${name}>`)
    .join('')

export const text = (value: string): string =>
  value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
