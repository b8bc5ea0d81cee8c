import type { Faults } from '../common/faults.ts'
import type { Permissions } from '../common/permissions.ts'
import type { Tokens } from '../common/tokens.ts'

/** Text; the fake holds no other content. */
export interface Blob {
  readonly content: string
  readonly contentType: string
  readonly metadata: Readonly<Record<string, string>>
  /** With its quotes, as the header carries it. */
  readonly etag: string
  /** Milliseconds since 1970; the wire has whole seconds. */
  readonly createdAt: number
  readonly modifiedAt: number
}

/** Consistent at once, as Blob storage is: https://learn.microsoft.com/azure/storage/common/storage-redundancy */
export interface Account {
  readonly name: string
  readonly containers: Map<string, Map<string, Blob>>
  /** Identities that the firewall keeps out; `*`: everybody. */
  readonly blocked: Set<string>
  readonly permissions: Permissions
  readonly tokens: Tokens
  readonly faults: Faults
  now(): number
  random(): number
  /** Counts writes, so that no two have the same ETag. */
  writes: number
}

export function nextEtag(account: Account): string {
  account.writes++
  const random = Math.floor(account.random() * 0x10000)
  const digits = account.writes.toString(16).padStart(9, '0') + random.toString(16).padStart(4, '0')
  return `"0x8D${digits.toUpperCase()}"`
}
