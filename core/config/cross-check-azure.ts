/**
 * What Key Vault asks of a configuration, as far as it can be said without asking it.
 * @module
 */
import { checkIds, fewestBytes, type Named, SIBLING } from './cross-check-clouds.ts'
import type { Report } from './resolve-parts.ts'
import type { AzureStoreConfig, Config } from './types.ts'

/** https://learn.microsoft.com/azure/key-vault/general/about-keys-secrets-certificates#object-identifiers */
const NAME = /^[A-Za-z0-9-]{1,127}$/
const LONGEST = 127
/** https://learn.microsoft.com/azure/key-vault/secrets/about-secrets: 25k, taken for the smaller of what that may mean. */
const MAX_BYTES = 25_000

export function checkAzureStores(config: Config, report: Report): void {
  for (const [name, store] of config.stores) {
    if (store.kind !== 'azure') continue
    checkVault(store, ['stores', name], report)
    checkIds(config, name, problemOf, report)
  }
}

/** Mistaken for each other easily: both are names of a resource, and DNS finds them. */
function checkVault({ vault, journal }: AzureStoreConfig, path: readonly string[], report: Report): void {
  const host = new URL(vault).hostname
  if (/\.blob\.|\.blob\.core\./.test(host)) report([...path, 'vault'], 'is the address of a storage account')
  if (/\.managedhsm\./.test(host)) report([...path, 'vault'], 'is a managed HSM, which holds keys and no secrets')
  if (/^[^.]+\.(vault|queue|table|file|dfs)\./.test(new URL(journal.url).hostname))
    report([...path, 'journal', 'url'], 'is not the address of a blob service')
}

function problemOf({ id, secret }: Named): string | undefined {
  if (id.startsWith('https:')) return 'is a whole address; expected only what stands behind secrets/'
  if (!NAME.test(id)) return 'is no name of Key Vault: at most 127 letters, digits and - (say it with id)'
  if (id.toLowerCase().endsWith(SIBLING)) return `ends in ${SIBLING}, which is for the secrets that Lockstep makes`
  if (!secret) return undefined
  if (id.length > LONGEST - SIBLING.length)
    return `is too long: the secret beside it, with ${SIBLING} behind the name, has to fit into ${LONGEST} letters`
  return fewestBytes(secret) > MAX_BYTES ? `needs a value of more than ${MAX_BYTES} bytes` : undefined
}
