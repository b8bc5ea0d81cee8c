/**
 * What the two modes do differently.
 * @module
 */
import type { PendingEntry } from '../core/ledger/record.ts'
import type { Instant } from '../core/ports/clock.ts'
import type { PendingDraft, VersionId } from '../core/ports/secret-store.ts'
import type { SecretValue } from '../core/secret/secret-value.ts'
import type { Secret } from './requests.ts'
import type { Look, Mode, Visit } from './visit.ts'

export interface Publication {
  /** What current is called from now on. */
  readonly version: VersionId
  /** Consumers see it already; only the record is behind. */
  readonly published: boolean
  /** Moved together with the record. */
  readonly aliases?: (aliases: Secret['aliases']) => Secret['aliases']
  /** Versions of somebody else that it was put over. */
  readonly overwrote?: readonly VersionId[]
}

export interface Publishing extends Mode {
  /** Adds the value where no consumer reads it. Never repeated in one run. */
  bring(visit: Visit, draft: PendingDraft): Promise<VersionId>
  /** What was brought and lost against another worker's. */
  abandon(visit: Visit, version: VersionId): Promise<void>
  publish(visit: Visit, look: Look, pending: PendingEntry): Promise<Publication>
  /** Once the credential was ended. */
  retire(visit: Visit, previous: VersionId): Promise<void>
  /** The first value of a secret. There is one: nothing. */
  begin(visit: Visit, value: SecretValue): Promise<void>
  /** A person's version: consumers read it. */
  expose(visit: Visit, number: number): Promise<void>
  /** Newest first. */
  everyVersion(
    visit: Visit,
    limit: number,
  ): Promise<readonly { readonly version: VersionId; readonly createdAt: Instant }[]>
}
