/**
 * Which clients sign in with a token of another cloud. gRPC makes of a refused sign-in a call without an answer, so it is asked for
 * before the call.
 * @module
 */
import type { SecretManagerServiceClient } from '@google-cloud/secret-manager'
import type { AuthClient } from './auth-library.ts'

export interface Federated {
  /** For a client of Google's. */
  readonly authClient: AuthClient
  /** Signs in if that is due. */
  signIn(): Promise<void>
}

const known = new WeakMap<SecretManagerServiceClient, Federated>()

/** Undefined: it signs in by itself. */
export const federatedOf = (client: SecretManagerServiceClient): Federated | undefined => known.get(client)

export function remember(client: SecretManagerServiceClient, federated: Federated): void {
  known.set(client, federated)
}
