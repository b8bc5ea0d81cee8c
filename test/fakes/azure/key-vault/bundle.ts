import { latestOf, type SecretState, seconds, type Version } from './model.ts'
import type { Vault } from './vault.ts'
import type { Request } from './world.ts'

/** `id`, attributes, contentType and tags, as lists show them; a list of secrets leaves the version out of the id. */
export function item(request: Request, state: SecretState, version: Version, baseId = false): object {
  const id = `${request.origin}/secrets/${state.name}${baseId ? '' : `/${version.id}`}`
  return {
    id,
    attributes: attributes(request.vault, version),
    ...(version.tags && { tags: version.tags }),
    ...(version.contentType !== undefined && { contentType: version.contentType }),
    ...(state.certificate && { managed: true }),
  }
}

/** With the value, as get, set and update answer. An update answers no value: it was not asked for it. */
export function bundle(request: Request, state: SecretState, version: Version, withValue = true): object {
  return {
    ...(withValue && { value: version.value }),
    ...item(request, state, version),
    ...(state.certificate && certificateParts(request, state, version)),
  }
}

export function deletedItem(request: Request, state: SecretState, baseId: boolean): object {
  const { at, purgeAt } = state.deletion!
  return {
    recoveryId: `${request.origin}/deletedsecrets/${state.name}`,
    deletedDate: seconds(at),
    scheduledPurgeDate: seconds(purgeAt),
    ...item(request, state, latestOf(state), baseId),
  }
}

/** `previousVersion` exists from 2025-07-01 on and for certificates' secrets only (SecretProperties of the client). */
function certificateParts(request: Request, state: SecretState, version: Version): object {
  const { origin, apiVersion } = request
  const dated = /^\d{4}-/.test(apiVersion) && apiVersion >= '2025-07-01'
  return {
    kid: `${origin}/keys/${state.name}/${version.id}`,
    ...(dated && version.before !== undefined && { previousVersion: version.before }),
  }
}

/** Whole seconds. */
function attributes(vault: Vault, { attributes, createdAt, updatedAt }: Version): object {
  const { retentionDays, purgeProtection } = vault.options
  const level = retentionDays < 90 ? 'CustomizedRecoverable' : 'Recoverable'
  return {
    ...attributes,
    created: seconds(createdAt),
    updated: seconds(updatedAt),
    recoveryLevel: purgeProtection ? level : `${level}+Purgeable`,
    recoverableDays: retentionDays,
  }
}
