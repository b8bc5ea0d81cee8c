/**
 * The store as the functions need it: with a look at what consumers read now, which is what an event is compared with.
 * @module
 */
import type { AzureStoreConfig } from '../core/config/types.ts'
import type { FunctionStore } from '../core/functions/workshop.ts'
import type { Instant } from '../core/ports/clock.ts'
import type { Call, SecretId, VersionId } from '../core/ports/secret-store.ts'
import { createClients } from './client.ts'
import { openAzureStore } from './index.ts'
import { Requests } from './requests.ts'
import type { AzureClock } from './send.ts'

export interface Newest {
  readonly version: VersionId
  readonly expiresOn: Instant | undefined
}

export interface AzureFunctionStore extends FunctionStore {
  /** The newest version, as the vault shows it. Absent: undefined. */
  newest(id: SecretId, call: Call): Promise<Newest | 'disabled' | undefined>
}

/** `connect`: instead of clients of the SDK's own making. */
export async function openFunctionStore(
  config: AzureStoreConfig,
  clock: AzureClock,
  connect: typeof createClients = createClients,
): Promise<AzureFunctionStore> {
  const { vault, journal } = config
  const clients = await connect({ vault, journal })
  const requests = new Requests(clients.secrets, clock)
  const store = await openAzureStore({ vault, journal, clients, clock })
  return Object.assign(store, {
    newest: async (id: SecretId, call: Call): Promise<Newest | 'disabled' | undefined> => {
      const held = await requests.get(id, undefined, call)
      return held === undefined || held === 'disabled' ? held : { version: held.version, expiresOn: held.expiresOn }
    },
  })
}
