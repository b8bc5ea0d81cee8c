/**
 * Google Cloud's Secret Manager as a store.
 * @module
 */
import type { SecretManagerServiceClient } from '@google-cloud/secret-manager'
import type { Clock } from '../core/ports/clock.ts'
import { type ClientOptions, createClient } from './client.ts'
import { Requests } from './requests.ts'
import { GcpSecretStore, type ReadBy } from './secret-store.ts'

export type { ClientOptions } from './client.ts'
export { GcpSecretStore, type ReadBy } from './secret-store.ts'

export interface GcpStoreOptions extends ClientOptions {
  readonly clock: Pick<Clock, 'now'>
  /** How consumers read: whether a new version is theirs at once, or when an alias moves. */
  readonly readBy: ReadBy
  /** Instead of one made from project, location and endpoint. */
  readonly client?: SecretManagerServiceClient
}

/** The client missing: `driver-missing`. Nobody signed in: `access-denied`. */
export async function openGcpStore({ clock, readBy, client, ...options }: GcpStoreOptions): Promise<GcpSecretStore> {
  return new GcpSecretStore(new Requests(client ?? (await createClient(options)), clock, options), clock, readBy)
}
