/**
 * Azure Key Vault, as commands see it.
 * @module
 */
import { SIBLING } from '../../core/config/cross-check-clouds.ts'
import type { AzureStoreConfig } from '../../core/config/types.ts'
import { formatDuration } from '../../core/policy/duration.ts'
import type { OpenStore, StoreKind } from '../stores.ts'

export const azureKind: StoreKind<AzureStoreConfig> = {
  async open({ vault, journal, endpoint }, { clock }): Promise<OpenStore> {
    const { openAzureStore } = await import('../../azure/index.ts')
    return openAzureStore({ vault, journal, endpoint, clock })
  },
  place: ({ vault, endpoint, journal: { url, container } }) =>
    `Azure Key Vault, ${endpoint ?? vault}, journal ${url}/${container}`,
  promises: ({ propagation }) => ({
    publishes:
      'blind: a version is set, which nothing can make conditional; one that a person sets between our last look and that moment (a round trip) is put over, and nobody is told',
    ...(propagation > 0 && {
      shows: `consumers may hold the version before for up to ${formatDuration(propagation)}`,
    }),
  }),
  untried: () => [
    'Microsoft.KeyVault/vaults/secrets/setSecret/action',
    'Microsoft.KeyVault/vaults/secrets/update/action',
    'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write',
  ],
  beside: ({ journal: { url, container, prefix = '' } }, id) => [
    {
      what: `the secret ${id}${SIBLING}, with the pending value`,
      readers: 'whoever may read all secrets of the vault; a role on the one secret does not reach it',
    },
    {
      what: `a blob in ${url}/${container}${prefix && `, ${prefix}…`}: which version is which, no values`,
      readers: 'whoever may read the container',
    },
    { what: `on ${id}, tags of each version that a rotation sets`, readers: 'whoever may list the vault' },
  ],
}
