import type { Blob } from './account.ts'
import { blobExists, conditionNotMet, notModified } from './errors.ts'

type Headers = Readonly<Record<string, string>>

/**
 * If-Match and If-None-Match of a write. `If-None-Match: *` over a blob is 409, every other that does not hold 412; to
 * If-Match no blob is like another one.
 * https://learn.microsoft.com/rest/api/storageservices/specifying-conditional-headers-for-blob-service-operations
 */
export function checkWrite(headers: Headers, blob: Blob | undefined): void {
  checkMatch(headers, blob)
  const none = headers['if-none-match']
  if (none === '*' && blob) throw blobExists()
  if (none !== undefined && none !== '*' && blob && names(none, blob)) throw conditionNotMet()
}

/** Of a read: what the caller already has is not sent again. */
export function checkRead(headers: Headers, blob: Blob): void {
  checkMatch(headers, blob)
  const none = headers['if-none-match']
  if (none !== undefined && (none === '*' || names(none, blob))) throw notModified()
}

function checkMatch(headers: Headers, blob: Blob | undefined): void {
  const match = headers['if-match']
  if (match === undefined) return
  if (!blob || (match !== '*' && !names(match, blob))) throw conditionNotMet()
}

/** The client may send an ETag with or without its quotes. */
const names = (given: string, { etag }: Blob): boolean => given.replaceAll('"', '') === etag.replaceAll('"', '')
