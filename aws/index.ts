/**
 * AWS Secrets Manager as a store.
 * @module
 */
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import type { Clock } from '../core/ports/clock.ts'
import type { BetweenMoves } from './between-moves.ts'
import { type ClientOptions, createClient } from './client.ts'
import { AwsNativeReplica } from './native-replica.ts'
import { Requests } from './requests.ts'
import { AwsSecretStore } from './secret-store.ts'

export { type BetweenMoves, betweenMoves } from './between-moves.ts'
export type { ClientOptions } from './client.ts'
export { AwsNativeReplica } from './native-replica.ts'
export { AwsSecretStore } from './secret-store.ts'

export interface AwsStoreOptions extends ClientOptions {
  readonly clock: Pick<Clock, 'now'>
  /** Instead of one made from region, endpoint and role. */
  readonly client?: SecretsManagerClient
  /** Where Secrets Manager copies secrets of this store to other regions. */
  readonly betweenMoves?: BetweenMoves
}

/** Nothing is asked yet. The SDK missing: `driver-missing`. No region: the first call says so. */
export async function openAwsStore({ clock, betweenMoves, ...options }: AwsStoreOptions): Promise<AwsSecretStore> {
  return new AwsSecretStore(await requestsOf({ clock, ...options }), clock, betweenMoves ? { betweenMoves } : {})
}

/** Of the replica's own region. */
export async function openNativeReplica(options: Omit<AwsStoreOptions, 'betweenMoves'>): Promise<AwsNativeReplica> {
  return new AwsNativeReplica(await requestsOf(options))
}

const requestsOf = async ({ clock, client, ...options }: AwsStoreOptions): Promise<Requests> =>
  new Requests(client ?? (await createClient(options)), clock)
