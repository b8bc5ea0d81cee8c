/**
 * Azure Key Vault, as commands see it.
 * @module
 */
import type { Credential } from '../../azure/client.ts'
import { SIBLING } from '../../core/config/cross-check-clouds.ts'
import type { AzureStoreConfig, EpochsConfig } from '../../core/config/types.ts'
import { isRotationError } from '../../core/errors.ts'
import { storedKeyRefused } from '../../core/federation/stored-key.ts'
import { tokenFor } from '../../core/federation/token.ts'
import { formatDuration } from '../../core/policy/duration.ts'
import type { LeaderRegister } from '../../core/ports/leader-register.ts'
import type { Call } from '../../core/ports/secret-store.ts'
import { cloudIdentities } from '../identities.ts'
import type { KindOpening, OpenStore, StoreFacts, StoreKind } from '../stores.ts'

const KEY_VAULT = 'https://vault.azure.net/.default'

export const azureKind: StoreKind<AzureStoreConfig> = {
  async open(config, opening): Promise<OpenStore> {
    const { vault, journal, endpoint } = config
    const { clock } = opening
    const { createClients } = await import('../../azure/client.ts')
    const { requireOurs, requireRoomForTags } = await import('../../azure/guards.ts')
    const { openAzureStore } = await import('../../azure/index.ts')
    const { Requests } = await import('../../azure/requests.ts')
    const clients = await createClients({ vault, journal, endpoint, credential: await credentialOf(config, opening) })
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
  async signIn(config, opening) {
    await (await credentialOf(config, opening))?.getToken(KEY_VAULT)
  },
  place: ({ vault, endpoint, journal: { url, container } }) =>
    `Azure Key Vault, ${endpoint ?? vault}, journal ${url}/${container}`,
  promises: ({ propagation }) => ({
    publishes:
      'blind: a version is set, which nothing can make conditional; one that a person sets between our last look and that moment (a round trip) is put over, and nobody is told',
    copies:
      'of a run that is late: refused; a request that was held up on the way is read at once, and nobody is told: the next visit publishes again what is on record; what a person sets in the moment of the copy (a round trip) is put over, and nobody is told',
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

/** Who leads, in a container. `signIn`: of the store whose journals are in the same account. */
export async function openRegister(
  { blob, deployment, signIn }: RegisterPlace,
  opening: KindOpening,
): Promise<LeaderRegister> {
  const { openBlobRegister } = await import('../../azure/leader-register.ts')
  const credential = await credentialOf({ signIn }, opening)
  return openBlobRegister({ place: blob, deployment, clock: opening.clock, credential })
}

export interface RegisterPlace extends Pick<AzureStoreConfig, 'signIn'> {
  readonly blob: Extract<EpochsConfig, { readonly blob: unknown }>['blob']
  readonly deployment: string
}

/** Undefined: what the SDK finds. */
async function credentialOf(
  { signIn }: Pick<AzureStoreConfig, 'signIn'>,
  { clock, env, keyless, signInPlaces: places }: KindOpening,
): Promise<Credential | undefined> {
  if (!signIn) {
    const { storedKeyIn } = await import('../../azure/stored-key.ts')
    const key = keyless ? storedKeyIn(env) : undefined
    if (key !== undefined) throw storedKeyRefused('azure', key)
    return undefined
  }
  const { federatedCredential } = await import('../../azure/sign-in.ts')
  const token = tokenFor(signIn, 'azure', cloudIdentities(clock, places), clock)
  return federatedCredential({ ...signIn, token }, places?.entra)
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
