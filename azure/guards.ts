/**
 * What Key Vault cannot hold, or does not let us change: refused before anything is written.
 * @module
 */
import { RotationError } from '../core/errors.ts'
import type { SecretId } from '../core/ports/secret-store.ts'
import type { SecretValue } from '../core/secret/secret-value.ts'
import type { Listed } from './requests.ts'
import { isSibling, MAX_OWN_TAGS, MAX_TAGS, ownTags, siblingOf } from './slots.ts'

/** "25k bytes", in the smaller reading of k. https://learn.microsoft.com/azure/key-vault/secrets/about-secrets */
export const MAX_VALUE_BYTES = 25_000
const MAX_NAME = 127

export function checkName(id: SecretId): void {
  const refuse = (why: string, next: string) => new RotationError('refused', why, { at: id, next })
  const rename = 'Choose another name for the secret in the vault; in lockstep.yml it may be called as you like.'
  if (!/^[0-9A-Za-z-]+$/.test(id)) throw refuse('Names in Key Vault have letters, digits and hyphens only.', rename)
  if (siblingOf(id).length > MAX_NAME)
    throw refuse(
      `A name has at most ${MAX_NAME - siblingOf('').length} characters here: a second secret is named after it.`,
      rename,
    )
  if (isSibling(id))
    throw refuse('This is where Lockstep keeps a pending value of another secret.', 'Name that secret.')
}

export function checkValue(id: SecretId, { byteLength }: SecretValue): void {
  if (byteLength <= MAX_VALUE_BYTES) return
  const message = `A value in Key Vault has at most ${MAX_VALUE_BYTES} bytes; this one has ${byteLength}.`
  throw new RotationError('value-unsuitable', message, { at: id })
}

export function requireOurs(id: SecretId, { managed }: Listed): void {
  if (!managed) return
  const message = 'Key Vault manages this secret for a certificate, and renews it itself.'
  throw new RotationError('refused', message, { at: id })
}

/** Before the target is touched; whoever adds tags later than that gets fewer of ours. */
export function requireRoomForTags(id: SecretId, { tags }: Listed): void {
  const count = Object.keys(ownTags(tags)).length
  if (count <= MAX_OWN_TAGS) return
  throw new RotationError(
    'refused',
    `The secret has ${count} tags; Key Vault allows ${MAX_TAGS}, and Lockstep needs 3 of them.`,
    {
      at: id,
      next: `Remove tags until ${MAX_OWN_TAGS} are left: \`az keyvault secret set-attributes --name ${id} --tags …\`.`,
    },
  )
}

export const disabledCurrent = (id: SecretId): RotationError =>
  new RotationError('refused', 'The newest version of the secret is disabled, so consumers are refused already.', {
    at: id,
    next: `Enable it: \`az keyvault secret set-attributes --name ${id} --enabled true\`; or set a new value.`,
  })

/** Rotated before, and nothing is known of it: the previous credential may be alive, and a pending one set. */
export const lostJournal = (id: SecretId, blob: string): RotationError =>
  new RotationError('refused', `Lockstep has rotated this secret before, but its journal ${blob} is not there.`, {
    at: id,
    next: 'Name the storage account, container and prefix of before. If the secret is a copy, remove its tags that begin with lockstep-.',
  })

/** A version never becomes the newest again, so this can only be an old answer, or a restored backup. */
export const olderThanRecord = (id: SecretId): RotationError =>
  new RotationError('busy', 'Key Vault answers with an older version than is on record.', {
    at: id,
    next: 'Run the same command again. If the secret was restored from a backup, put its value once more: `lockstep secret put`.',
  })
