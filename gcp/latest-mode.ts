/**
 * Consumers read `latest`. What that is, is found by number, which is strongly consistent, from the last one that is on record;
 * `latest` itself may be minutes old.
 * @module
 */
import type { Ledger, PendingEntry } from '../core/ledger/record.ts'
import type { VersionId } from '../core/ports/secret-store.ts'
import type { SecretValue } from '../core/secret/secret-value.ts'
import type { Publishing } from './mode.ts'
import { addToSibling, mainVersion, siblingOf, siblingVersion, valueAt } from './slots.ts'
import { type Current, numberOf, unlessDenied, type Visit } from './visit.ts'

/** Where a run may have died, or two have published: versions after a known one that are looked at. */
const AFTER_BASE = 5

export const latestMode = (): Publishing => ({
  fenced: false,

  current: currentOf,

  bring: (visit, { rotation, value }) => addToSibling(visit, rotation, value),

  async abandon() {
    // The record does not name it, and the next retirement tidies up.
  },

  async publish(visit, look, pending) {
    const value = (await valueAt(visit, pending.version)) as SecretValue
    const { published } = look.current
    const number = published ? numberOf(published) : await visit.add(visit.id, value, numberOf(pending.base))
    const overwrote = await overtaken(visit, numberOf(pending.base), number, value)
    return { version: mainVersion(number), published: true, overwrote }
  },

  async retire(visit, version) {
    await unlessDenied(visit.requests.disable(visit.id, numberOf(version), visit.call))
  },

  async begin(visit, value) {
    if (!(await visit.requests.version(visit.id, 'latest', visit.call))) await visit.add(visit.id, value)
  },

  async expose() {
    // Added is read.
  },

  async everyVersion(visit, limit) {
    const [main, sibling] = [
      await visit.requests.versions(visit.id, limit, visit.call),
      await visit.requests.versions(siblingOf(visit.id), limit, visit.call),
    ]
    return [
      ...main.map(each => ({ version: mainVersion(each.number), createdAt: each.createdAt })),
      ...sibling.map(each => ({ version: siblingVersion(each.number), createdAt: each.createdAt })),
    ].toSorted((a, b) => b.createdAt - a.createdAt)
  },
})

/** What was added between the base and the publication, but for another worker's publication of the same value. */
async function overtaken(visit: Visit, base: number, number: number, value: SecretValue): Promise<VersionId[]> {
  const found: VersionId[] = []
  for (let between = base + 1; between < number; between++) {
    const other = await visit.value(visit.id, between)
    if (other === 'disabled' || !other?.equals(value)) found.push(mainVersion(between))
  }
  return found
}

async function currentOf(visit: Visit, _: unknown, { left, pending }: Ledger): Promise<Current | undefined> {
  const newest = await newestOf(visit, Math.max(numberIn(left?.version), numberIn(pending?.base)))
  if (newest === undefined) return undefined
  const number = left && (await isRepeated(visit, numberOf(left.version), newest)) ? numberOf(left.version) : newest
  const version = mainVersion(number)
  const published = pending && (await publishedAs(visit, pending, number))
  if (left?.version === version) return { version, since: left.since, published }
  const made = await visit.requests.version(visit.id, number, visit.call)
  return { version, since: made?.createdAt ?? 0, published }
}

/** Whether all that came after what the last rotation left is the same value: two workers may have published it. */
async function isRepeated(visit: Visit, left: number, newest: number): Promise<boolean> {
  if (newest <= left || newest > left + AFTER_BASE) return newest === left
  const value = await visit.value(visit.id, left)
  for (let number = left + 1; number <= newest; number++) {
    const found = await visit.value(visit.id, number)
    if (!value || value === 'disabled' || !found || found === 'disabled' || !found.equals(value)) return false
  }
  return true
}

const numberIn = (version: VersionId | undefined): number => (version === undefined ? 0 : numberOf(version))

/**
 * The newest by number, from one that is known to exist; without one, from what `latest` says. By access, which is strongly
 * consistent; a version that is disabled is there all the same. None: undefined.
 */
async function newestOf(visit: Visit, known: number): Promise<number | undefined> {
  const { requests, id, call } = visit
  const from = known > 0 ? known : (await requests.version(id, 'latest', call))?.number
  if (from === undefined) return undefined
  for (let number = from; ; number++) if (!(await visit.value(id, number + 1))) return number
}

/** The version after the base that holds the pending value. A version that is disabled is not absent, and not ours. */
async function publishedAs(visit: Visit, pending: PendingEntry, newest: number): Promise<VersionId | undefined> {
  const base = numberOf(pending.base)
  if (newest <= base) return undefined
  const value = await valueAt(visit, pending.version)
  if (!value || value === 'disabled') return undefined
  for (let number = base + 1; number <= Math.min(newest, base + AFTER_BASE); number++) {
    const found = await visit.value(visit.id, number)
    if (found && found !== 'disabled' && found.equals(value)) return mainVersion(number)
  }
  return undefined
}
