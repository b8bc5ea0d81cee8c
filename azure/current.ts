/**
 * What consumers read, compared with the record. Tags and values tell what the record may not know yet: that pending was
 * published and its run then died, that a publication was repeated on its way, or that an old one arrived late.
 * @module
 */
import type { Ledger, PendingEntry } from '../core/ledger/record.ts'
import type { Instant } from '../core/ports/clock.ts'
import type { VersionId } from '../core/ports/secret-store.ts'
import { olderThanRecord } from './guards.ts'
import type { Held } from './requests.ts'
import { ROTATION, valueAt } from './slots.ts'
import type { Visit } from './visit.ts'

export interface Current {
  readonly version: VersionId
  readonly since: Instant
  /** The version as which pending was published already; only the record is behind. */
  readonly published?: VersionId
  /** An older rotation's value, published late over that of the last one. */
  readonly regressed?: true
}

export interface Recognised {
  readonly current: Current
  /** As it was read, but for a version that is the same publication once more. */
  readonly ledger: Ledger
}

export async function recognise(visit: Visit, main: Held, ledger: Ledger): Promise<Recognised> {
  const { version, createdAt } = main
  const { left, pending } = ledger
  if (isOlder(ledger, version)) throw olderThanRecord(visit.id)
  if (left?.version === version) return { ledger, current: { version, since: left.since } }
  const seen: Current = { version, since: createdAt }
  if (left && (await brings(visit, main, left)))
    return { ledger: renamed(ledger, left.version, version), current: { version, since: left.since } }
  const published = pending && pending.base !== version ? await publishedAs(visit, main, pending) : undefined
  if (published) return { ledger, current: { ...seen, published } }
  return { ledger, current: (await isLate(visit, main, ledger)) ? { ...seen, regressed: true } : seen }
}

/** Key Vault makes no older version the newest again. */
function isOlder({ left, previous, pending, ended }: Ledger, version: VersionId): boolean {
  if (version === left?.version) return pending !== undefined && pending.base !== version
  return version === previous || ended.some(end => end.version === version)
}

interface Brought {
  readonly rotation: string
  readonly version: VersionId
}

/** A tag can be copied by whoever edits the secret; the value that goes with it is what counts. */
async function brings(visit: Visit, main: Held, { rotation, version }: Brought): Promise<boolean> {
  if (main.tags[ROTATION] !== rotation) return false
  const value = await valueAt(visit, version)
  return !value || value === 'disabled' || value.equals(main.value)
}

/** The same value under another id: whatever was derived from it still is. */
export function renamed(ledger: Ledger, from: VersionId, to: VersionId): Ledger {
  const { left, pending } = ledger
  return {
    ...ledger,
    ...(left?.version === from && { left: { ...left, version: to } }),
    ...(pending?.base === from && { pending: { ...pending, base: to } }),
  }
}

/** The newest version, or, where somebody has set another one over it, the one that is tagged so. */
async function publishedAs(visit: Visit, main: Held, pending: PendingEntry): Promise<VersionId | undefined> {
  const value = await valueAt(visit, pending.version)
  const readable = value !== undefined && value !== 'disabled'
  if (readable ? value.equals(main.value) : main.tags[ROTATION] === pending.rotation) return main.version
  const versions = await visit.requests.versions(visit.id, visit.call)
  const tagged = versions.filter(each => each.tags[ROTATION] === pending.rotation && each.version !== main.version)
  return tagged.toSorted((a, b) => a.createdAt - b.createdAt)[0]?.version
}

async function isLate(visit: Visit, main: Held, { left, ended }: Ledger): Promise<boolean> {
  if (!left) return false
  const late = ended.find(end => end.rotation !== left.rotation && end.rotation === main.tags[ROTATION])
  return late !== undefined && brings(visit, main, late)
}
