/**
 * `note`: `setAt` is a compare-and-set of a label; the rest are tags, written after a second look.
 * @module
 */
import { RotationError } from '../core/errors.ts'
import type { Instant } from '../core/ports/clock.ts'
import type { StateNote } from '../core/ports/secret-store.ts'
import { turnLabel } from './labels.ts'
import type { Look } from './look.ts'
import { attemptsTag, epochTag, haltedTag, issuingTags, promotedAtTag, type Tags } from './tags.ts'
import type { Visit } from './visit.ts'

export async function note(visit: Visit, change: StateNote): Promise<void> {
  const look = await visit.decided()
  if (change.setAt !== undefined) await noteSet(visit, look, change.setAt)
  const tags = tagsFor(look, change)
  if (Object.keys(tags).length === 0) return
  const now = await visit.requests.describe(visit.id, visit.call)
  if (!now || !look.isSame(now)) throw visit.stale('The secret has changed since this run described it.')
  await visit.requests.tag(visit.id, tags, visit.call)
  look.tagged(tags)
}

async function noteSet(visit: Visit, look: Look, setAt: Instant): Promise<void> {
  const { pending } = look.meaning
  if (!pending) return
  await visit.move(look, { label: turnLabel(pending.version, pending.turns + 1), to: pending.version })
  look.setAt = setAt
  // from here on until the promotion, a wait may be consumers' downtime
  await visit.settled(look)
}

function tagsFor({ meaning }: Look, { attempts, halted, epoch, promotedAt, issuing }: StateNote): Tags {
  const { current, last, notes } = meaning
  const keys = issuing === undefined ? {} : issuingTags(issuing)
  if (!keys) throw new RotationError('refused', 'The secret has no room for the list of keys that are alive.')
  const tags = {
    ...(attempts !== undefined && attemptsTag(current, attempts)),
    ...(halted !== undefined && haltedTag(current, halted)),
    ...(epoch !== undefined && epoch > notes.epoch && epochTag(epoch)),
    ...keys,
  }
  const pin = last !== undefined && notes.promotedAt === undefined ? (meaning.promotedAt ?? promotedAt) : undefined
  // A tag moves the date that the promotion is otherwise known by: so it is written down before it is lost.
  return pin !== undefined && (Object.keys(tags).length > 0 || promotedAt !== undefined)
    ? { ...tags, ...promotedAtTag(last!, pin) }
    : tags
}
