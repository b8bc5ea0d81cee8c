/**
 * AWS Secrets Manager as a store.
 * @module
 */
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import type { Clock } from '../core/ports/clock.ts'
import { type ClientOptions, createClient } from './client.ts'
import { Requests } from './requests.ts'
import { AwsSecretStore } from './secret-store.ts'

export type { ClientOptions } from './client.ts'
export { AwsSecretStore } from './secret-store.ts'

export interface AwsStoreOptions extends ClientOptions {
  readonly clock: Pick<Clock, 'now'>
  /** Instead of one made from region, endpoint and role. */
  readonly client?: SecretsManagerClient
}

/** Nothing is asked yet. The SDK missing: `driver-missing`. No region: the first call says so. */
export async function openAwsStore({ clock, client, ...options }: AwsStoreOptions): Promise<AwsSecretStore> {
  return new AwsSecretStore(new Requests(client ?? (await createClient(options)), clock), clock)
}
