/**
 * The one call that consumers notice, and that nothing can fence: whatever is set becomes what they read, at once. So everything
 * is on record before, current is looked at directly before, and the new version is tagged so that it can be recognised after.
 * @module
 */
import { isRotationError, RotationError } from '../core/errors.ts'
import { type PendingEntry, requirePromotable } from '../core/ledger/record.ts'
import type { Instant } from '../core/ports/clock.ts'
import type { RotationId, VersionId } from '../core/ports/secret-store.ts'
import type { Carried, Listed, Tags } from './requests.ts'
import { EXPIRY, MAX_TAGS, ownTags, placeOf, ROTATION, valueAt, WAITED } from './slots.ts'
import type { Look, Visit } from './visit.ts'

const DAY = 86_400_000
/** SecretNearExpiry is raised this long before. https://learn.microsoft.com/azure/event-grid/event-schema-key-vault */
export const NEAR_EXPIRY = 30 * DAY
/** A version that is near its expiry as soon as it is made would ask for the next rotation at once, and so for ever. */
export const MARGIN = 7 * DAY

/**
 * What a new version takes over from the one before, which Key Vault would drop. The expiry is pushed out by the same validity, and
 * is never nearer than `NEAR_EXPIRY` + `MARGIN`; a tag says where that made it later.
 */
export function carriedFrom(before: Listed, now: Instant): Carried {
  const { tags, contentType, expiresOn, notBefore, createdAt } = before
  const rest = {
    ...(contentType !== undefined && { contentType }),
    ...(notBefore !== undefined && { notBefore }),
  }
  if (expiresOn === undefined) return { ...rest, tags: ownTags(tags) }
  const validity = Math.max(expiresOn - createdAt, 0)
  const kept = Math.max(validity, NEAR_EXPIRY + MARGIN)
  const said = tags[EXPIRY] !== undefined && { [EXPIRY]: tags[EXPIRY] }
  const extended = kept > validity && { [EXPIRY]: `extended from ${Math.round(validity / DAY)} days` }
  // Whole seconds on the wire, which are cut.
  return {
    ...rest,
    expiresOn: Math.ceil((now + kept) / 1_000) * 1_000,
    tags: { ...ownTags(tags), ...said, ...extended },
  }
}

/** Already published: the version as which. No answer: looked for, not set again. */
export async function publish(visit: Visit, entry: PendingEntry): Promise<VersionId> {
  const value = await valueAt(visit, entry.version)
  if (!value || value === 'disabled') throw unreadable(visit, value)
  const look = await visit.lookAtMain()
  if (look.current.published) return look.current.published
  requirePromotable(look.ledger, entry, look.current.version)
  const tags = { [ROTATION]: entry.rotation, [WAITED]: placeOf(visit.id, entry.version).version }
  try {
    const made = await visit.requests.set(visit.id, value, withTags(visit, look, tags), visit.call)
    visit.remember({ ...look, main: made })
    visit.keep(visit.id, made.version, value)
    return made.version
  } catch (error) {
    if (!isRotationError(error, 'unknown')) throw error
    const { published } = (await visit.lookAtMain().catch(() => undefined))?.current ?? {}
    if (published) return published
    throw error
  }
}

/** What the last rotation has left, once more, over what was published late. */
export async function publishAgain(
  visit: Visit,
  look: Look,
  version: VersionId,
  rotation: RotationId,
): Promise<VersionId> {
  const value = await valueAt(visit, version)
  if (!value || value === 'disabled') throw unreadable(visit, value)
  const made = await visit.requests.set(visit.id, value, withTags(visit, look, { [ROTATION]: rotation }), visit.call)
  visit.remember({ ...look, main: made })
  visit.keep(visit.id, made.version, value)
  return made.version
}

function withTags(visit: Visit, { main }: Look, tags: Tags): Carried {
  const carried = carriedFrom(main, visit.clock.now())
  const { [EXPIRY]: expiry, ...own } = carried.tags
  const ours = Object.entries({ ...tags, ...(expiry !== undefined && { [EXPIRY]: expiry }) })
  // Tags that a person has added since the rotation began must not keep it from being published: the target accepts it already.
  const room = Math.max(MAX_TAGS - Object.keys(own).length, 0)
  return { ...carried, tags: { ...own, ...Object.fromEntries(ours.slice(0, room)) } }
}

const unreadable = ({ id }: Visit, value: 'disabled' | undefined): RotationError =>
  value === 'disabled'
    ? new RotationError('refused', 'The version that is to be published is disabled.', { at: id })
    : new RotationError('busy', 'Key Vault does not show a version yet that the record names.', { at: id })
