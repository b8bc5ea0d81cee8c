/**
 * What Google Cloud's Secret Manager asks of a configuration, as far as it can be said without asking it.
 * @module
 */
import { checkIds, fewestBytes, type Named, SIBLING } from './cross-check-clouds.ts'
import type { Report } from './resolve-parts.ts'
import type { Config, GcpStoreConfig } from './types.ts'

/** https://cloud.google.com/secret-manager/docs/creating-and-accessing-secrets */
const NAME = /^[A-Za-z0-9_-]{1,255}$/
const LONGEST = 255
/** In the secret beside it a value is wrapped, which makes it a third longer. */
const MAX_BYTES = { latest: 48_000, alias: 65_536 }

export function checkGcpStores(config: Config, report: Report): void {
  for (const [name, store] of config.stores) {
    if (store.kind !== 'gcp') continue
    checkAliases(store, ['stores', name, 'readBy'], report)
    checkIds(config, name, named => problemOf(named, store), report)
  }
}

/** Both are the service's own. */
const RESERVED = ['latest', 'NEW']

function checkAliases({ readBy }: GcpStoreConfig, path: readonly string[], report: Report): void {
  if (readBy === 'latest') return
  const { alias, previous } = readBy
  if (RESERVED.includes(alias))
    report(
      [...path, 'alias'],
      `is no alias${alias === 'latest' ? '; for consumers of latest say `readBy: latest`' : ''}`,
    )
  if (previous !== undefined && RESERVED.includes(previous)) report([...path, 'previous'], 'is no alias')
  if (previous === alias) report([...path, 'previous'], 'is the alias of current')
}

function problemOf({ id, secret }: Named, { readBy }: GcpStoreConfig): string | undefined {
  if (id.startsWith('projects/')) return 'is a whole path; expected only what stands behind secrets/'
  if (!NAME.test(id)) return 'is no name of Secret Manager: at most 255 letters, digits, - and _ (say it with id)'
  if (id.endsWith(SIBLING)) return `ends in ${SIBLING}, which is for the secrets that Lockstep makes`
  if (!secret) return undefined
  const mode = readBy === 'latest' ? 'latest' : 'alias'
  if (mode === 'latest' && id.length > LONGEST - SIBLING.length)
    return `is too long: the secret beside it, with ${SIBLING} behind the name, has to fit into ${LONGEST} letters`
  return fewestBytes(secret) > MAX_BYTES[mode] ? `needs a value of more than ${MAX_BYTES[mode]} bytes` : undefined
}
