/**
 * Azure Key Vault as a store, with a journal in Blob storage.
 * @module
 */
import { type ClientOptions, type Clients, createClients } from './client.ts'
import { Journal } from './journal.ts'
import { Requests } from './requests.ts'
import { AzureSecretStore } from './secret-store.ts'
import type { AzureClock } from './send.ts'

export type { ClientOptions, Clients, Credential, JournalPlace } from './client.ts'
export { AzureSecretStore } from './secret-store.ts'

export interface AzureStoreOptions extends ClientOptions {
  readonly clock: AzureClock
  /** Instead of those made from vault, journal and credential. They must not repeat requests by themselves. */
  readonly clients?: Clients
}

/** Nothing is asked yet. A package missing: `driver-missing`. An address that is none: `config-invalid`. */
export async function openAzureStore({ clock, clients, ...options }: AzureStoreOptions): Promise<AzureSecretStore> {
  const { secrets, container } = clients ?? (await createClients(options))
  const requests = new Requests(secrets, clock)
  const host = new URL(options.vault).host
  return new AzureSecretStore(requests, new Journal(container, clock, host, options.journal.prefix), clock)
}
