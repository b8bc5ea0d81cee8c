/**
 * Azure Key Vault, as commands see it.
 * @module
 */
import { SIBLING } from '../../core/config/cross-check-clouds.ts'
import type { AzureStoreConfig } from '../../core/config/types.ts'
import { isRotationError } from '../../core/errors.ts'
import { formatDuration } from '../../core/policy/duration.ts'
import type { Call } from '../../core/ports/secret-store.ts'
import type { OpenStore, StoreFacts, StoreKind } from '../stores.ts'

export const azureKind: StoreKind<AzureStoreConfig> = {
  async open({ vault, journal, endpoint }, { clock }): Promise<OpenStore> {
    const { createClients } = await import('../../azure/client.ts')
    const { requireOurs, requireRoomForTags } = await import('../../azure/guards.ts')
    const { openAzureStore } = await import('../../azure/index.ts')
    const { Requests } = await import('../../azure/requests.ts')
    const clients = await createClients({ vault, journal, endpoint })
    const requests = new Requests(clients.secrets, clock)
    return Object.assign(await openAzureStore({ vault, journal, clients, clock }), {
      async facts(id: string, call: Call): Promise<StoreFacts | undefined> {
        const held = await requests.get(id, undefined, call)
        return held === undefined || held === 'disabled'
          ? undefined
          : untouchable(() => {
              requireOurs(id, held)
              requireRoomForTags(id, held)
            })
      },
    })
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

/** Why the store would refuse to change it, before it is asked to. */
function untouchable(check: () => void): StoreFacts {
  try {
    check()
    return {}
  } catch (error) {
    if (!isRotationError(error)) throw error
    return { untouchable: error.message }
  }
}
