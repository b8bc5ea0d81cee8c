/**
 * Where a pending value waits until it is published: a version of a secret beside the one that consumers read. A version is
 * named by its id, in whichever of the two it is.
 * @module
 */
import { isRotationError, RotationError } from '../core/errors.ts'
import type { PendingDraft, SecretId, VersionId } from '../core/ports/secret-store.ts'
import type { SecretValue } from '../core/secret/secret-value.ts'
import type { Carried, Tags } from './requests.ts'
import type { Visit } from './visit.ts'

const SUFFIX = '-lockstep-pending'

/** The secret beside it. No consumer reads it. */
export const siblingOf = (id: SecretId): SecretId => `${id}${SUFFIX}`
export const isSibling = (id: SecretId): boolean => id.toLowerCase().endsWith(SUFFIX)

/** On every version that a rotation has made, in either secret. */
export const ROTATION = 'lockstep-rotation'
/** On a version of the sibling: what it was derived from. */
export const BASE = 'lockstep-base'
/** On a version of the sibling: whose it is. */
const OF = 'lockstep-of'
/** On a published version: the version of the sibling in which its value waited. */
export const WAITED = 'lockstep-pending'
/** On a published version: that its expiry was put off. */
export const EXPIRY = 'lockstep-expiry'

const OURS: readonly string[] = [ROTATION, BASE, OF, WAITED, EXPIRY]
/** https://learn.microsoft.com/azure/key-vault/secrets/about-secrets, "Secret tags" */
export const MAX_TAGS = 15
/** A published version needs three of ours. */
export const MAX_OWN_TAGS = MAX_TAGS - 3

export const ownTags = (tags: Tags): Tags =>
  Object.fromEntries(Object.entries(tags).filter(([name]) => !OURS.includes(name)))

const MARK = 'pending-'

/** The id of a sibling's version, as the port and the record know it. */
export const inSibling = (version: string): VersionId => `${MARK}${version}` as VersionId
export const isInSibling = (version: VersionId): boolean => version.startsWith(MARK)

/** What Key Vault calls a version, and in which of the two secrets it is. */
export const placeOf = (id: SecretId, version: VersionId): { readonly name: string; readonly version: VersionId } =>
  isInSibling(version)
    ? { name: siblingOf(id), version: version.slice(MARK.length) as VersionId }
    : { name: id, version }

/** Absent: undefined. */
export async function valueAt(visit: Visit, version: VersionId): Promise<SecretValue | 'disabled' | undefined> {
  const { name, version: id } = placeOf(visit.id, version)
  // An id of another store, or of none.
  if (!/^[0-9a-f]{32}$/i.test(id)) return undefined
  return visit.value(name, id)
}

/** A new version of the sibling. An answer that was lost is looked for before anybody gives up. */
export async function bring(visit: Visit, { rotation, base, value }: PendingDraft): Promise<VersionId> {
  const { requests, call } = visit
  const name = siblingOf(visit.id)
  const carried: Carried = { tags: { [ROTATION]: rotation, [BASE]: base, [OF]: visit.id } }
  const brought = await requests.set(name, value, carried, call).catch(async error => {
    if (!isRotationError(error, 'unknown')) throw error
    const newest = await requests.get(name, undefined, call)
    const ours = newest && newest !== 'disabled' && newest.tags[ROTATION] === rotation && newest.value.equals(value)
    if (!ours) throw error
    return newest
  })
  visit.keep(name, brought.version, brought.value)
  return inSibling(brought.version)
}

/** Before the first value is brought: what is there under the sibling's name may be somebody else's. */
export async function requireFreeSibling({ requests, id, call }: Visit): Promise<void> {
  const name = siblingOf(id)
  const there = await requests.get(name, undefined, call)
  if (there === undefined || there === 'disabled') return
  if (there.tags[OF]?.toLowerCase() === id.toLowerCase()) return
  throw new RotationError(
    'refused',
    `The secret ${name}, which Lockstep would keep pending values in, is somebody else’s.`,
    {
      at: id,
      next: 'Rename one of the two secrets; Key Vault compares their names without case.',
    },
  )
}
