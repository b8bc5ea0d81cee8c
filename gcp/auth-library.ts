/**
 * The sign-in library of Google, the copy that the client of Secret Manager has: a second one would make credentials that it does
 * not know. It comes with the client, so nothing else has to be installed.
 * @module
 */
import module from 'node:module'
import type { SecretManagerServiceClient } from '@google-cloud/secret-manager'
import { RotationError } from '../core/errors.ts'

export type Sdk = typeof import('@google-cloud/secret-manager')
type ClientSettings = NonNullable<ConstructorParameters<Sdk['SecretManagerServiceClient']>[0]>
export type AuthClient = NonNullable<ClientSettings['authClient']>
export type GoogleAuth = SecretManagerServiceClient['auth']

/** A sign-in that gives tokens for others. */
export interface IdTokens {
  fetchIdToken(audience: string): Promise<string>
}

/** What is used of it. */
export interface AuthLibrary {
  readonly Compute: abstract new () => IdTokens
  readonly Impersonated: abstract new () => IdTokens
  readonly IdentityPoolClient: new (options: {
    readonly audience: string
    readonly subject_token_type: string
    readonly subject_token_supplier: { getSubjectToken(): Promise<string> }
    readonly scopes: readonly string[]
    readonly token_url?: string
    readonly service_account_impersonation_url?: string
  }) => AuthClient
}

/** The SDK missing: `driver-missing`. */
export async function googleSdk(what: string): Promise<Sdk> {
  try {
    return await import('@google-cloud/secret-manager')
  } catch {
    throw new RotationError('driver-missing', `${what} needs the package \`@google-cloud/secret-manager\`.`, {
      next: 'Run `npm install @google-cloud/secret-manager`.',
    })
  }
}

export function authLibrary(): AuthLibrary {
  const client = module.createRequire(import.meta.resolve('@google-cloud/secret-manager'))
  return module.createRequire(client.resolve('google-gax'))('google-auth-library') as AuthLibrary
}
