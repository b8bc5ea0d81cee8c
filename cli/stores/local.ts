/**
 * The store in a file of this machine, as commands see it.
 * @module
 */
import { existsSync } from 'node:fs'
import type { LocalStoreConfig } from '../../core/config/types.ts'
import type { StoreKind } from '../stores.ts'

export const localKind: StoreKind<LocalStoreConfig> & { exists(config: LocalStoreConfig): boolean } = {
  async open({ file, key }, { clock, env, create }) {
    const { openLocalStore } = await import('../../local/index.ts')
    return openLocalStore({ file, key: 'env' in key ? { variable: key.env, env } : key, clock, create })
  },
  exists: ({ file }) => existsSync(file),
  place: ({ file }) => file,
  promises: () => ({
    publishes: 'in one transaction, unless current has moved',
    copies: 'refused if it lands after a later one, or over what a person has put there',
  }),
  untried: () => [],
  beside: () => [],
}
