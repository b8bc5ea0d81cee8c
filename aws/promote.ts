/**
 * `promote`: AWSCURRENT, by compare-and-set from the base.
 * @module
 */
import { isRotationError, RotationError } from '../core/errors.ts'
import type { Duration, Instant } from '../core/ports/clock.ts'
import type { RotationId, VersionId } from '../core/ports/secret-store.ts'
import { requireOurs } from './guards.ts'
import { CURRENT, PENDING, turnOf } from './labels.ts'
import type { Look } from './look.ts'
import { promotedAtTag, requestTag } from './tags.ts'
import { asVersion, isBeside, type Visit } from './visit.ts'

/** Consumers' hooks and the other followers wait for this call. */
const PATIENCE: Duration = 5_000

export interface Promotion {
  readonly rotation: RotationId
  readonly base: VersionId
  readonly request?: string
}

export async function promote(
  visit: Visit,
  promotion: Promotion,
): Promise<{ readonly version: VersionId; readonly already: boolean }> {
  const version = asVersion(promotion.rotation)
  visit.patience = PATIENCE
  const look = await visit.seen()
  if (look.meaning.current === version) return { version, already: true }
  requireOurs(visit, look)
  requirePromotable(visit, look, promotion)
  const before = look.meaning.promotedAt
  try {
    await visit.move(look, { label: CURRENT, from: promotion.base, to: version })
  } catch (error) {
    if (!isRotationError(error, 'stale')) throw error
    const now = await visit.again()
    if (now.meaning.current === version) return { version, already: true }
    requirePromotable(visit, now, promotion)
    throw error
  }
  // Of its own rotation, the service takes AWSPENDING off and keeps the date.
  if (visit.managed?.token !== promotion.rotation) await tidy(visit, look, promotion, before)
  return { version, already: false }
}

function requirePromotable(visit: Visit, { meaning }: Look, { rotation, base }: Promotion): void {
  const { pending, current } = meaning
  const beside = isBeside(visit, rotation)
  if (!beside && pending?.version !== asVersion(rotation)) throw visit.stale('This rotation is not pending.')
  if (current === base && (beside || pending?.base === base)) return
  throw new RotationError('conflict', 'Current was changed during the rotation.', { at: visit.id })
}

/**
 * Labels that mean nothing any more are taken off, and the time is noted. Left undone, dates are later and labels take up room. Where
 * Secrets Manager copies to other regions, labels stay until the copies show the promotion; the retirement takes them off too.
 */
async function tidy(
  visit: Visit,
  look: Look,
  { rotation, request }: Promotion,
  before: Instant | undefined,
): Promise<void> {
  const version = asVersion(rotation)
  try {
    const at = Math.max(visit.clock.now(), before ?? 0)
    const tags = { ...promotedAtTag(version, at), ...(request !== undefined && requestTag(version, request)) }
    if (await visit.settled(look)) await loosenAll(visit, look, version)
    await visit.requests.tag(visit.id, tags, visit.call)
    look.tagged(tags)
  } catch {
    // Published is published: the caller must hear that.
  }
}

async function loosenAll(visit: Visit, look: Look, version: VersionId): Promise<void> {
  if (look.meaning.holder === version) await visit.loosen(look, PENDING, version)
  for (const [other, labels] of look.described.stages)
    for (const label of labels.filter(turnOf)) await visit.loosen(look, label, other)
}
