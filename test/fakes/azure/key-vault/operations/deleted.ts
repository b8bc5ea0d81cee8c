import { ServiceFault } from '../../common/service-fault.ts'
import { bundle, deletedItem } from '../bundle.ts'
import { conflict, deletedNotFound, managed } from '../errors.ts'
import { latestOf, type SecretState } from '../model.ts'
import type { SecretRecord } from '../record.ts'
import type { Request } from '../world.ts'
import { live } from './read.ts'

const DAY = 86_400_000

/** The whole secret, never one version; recoverable until the retention is over. */
export function deleteSecret(request: Request): object {
  const { vault, world, name } = request
  const now = world.now()
  const record = vault.find(name, now)
  if (live(request, record?.state).certificate) throw managed('delete')
  record!.update(now, draft => {
    draft.deletion = { at: now, purgeAt: now + vault.options.retentionDays * DAY }
    draft.busyUntil = now + vault.options.deletionMs
  })
  return deletedItem(request, record!.state!, false)
}

export const getDeletedSecret = (request: Request): object => deletedItem(request, deleted(request).state!, false)

export function recoverDeletedSecret(request: Request): object {
  const record = deleted(request)
  const now = request.world.now()
  record.update(now, draft => {
    delete draft.deletion
    draft.busyUntil = now + request.vault.options.deletionMs
  })
  const state = record.state!
  return bundle(request, state, latestOf(state), false)
}

/** Its text: https://learn.microsoft.com/azure/key-vault/general/soft-delete-overview and recordings of the service. */
export function purgeDeletedSecret(request: Request): undefined {
  const { vault, world } = request
  const record = deleted(request)
  if (vault.options.purgeProtection) {
    throw new ServiceFault(
      403,
      'Forbidden',
      `Operation "purge" is not allowed because purge protection is enabled for this vault. Key Vault service will automatically purge it after the retention period has passed. Vault: ${vault.name};location=${vault.options.location}`,
    )
  }
  record.replace(world.now(), undefined)
}

/** While the deletion is still under way it is not found yet: that is what the client's poller waits for. */
function deleted({ vault, world, name }: Request): SecretRecord {
  const record = vault.find(name, world.now())
  const { deletion, busyUntil = 0 }: Partial<SecretState> = record?.state ?? {}
  if (!record || !deletion || busyUntil > world.now()) throw deletedNotFound(name)
  return record
}

/** @throws ServiceFault 409 while a secret of that name exists or is deleted but recoverable. */
export function refuseExisting(state: SecretState | undefined, name: string): void {
  if (state) throw conflict(`A secret with the name ${name} already exists in this key vault.`)
}
