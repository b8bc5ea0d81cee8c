/**
 * Azure Key Vault, through the application's own client: `azureSource({ client })` with a `SecretClient` of
 * `@azure/keyvault-secrets`. Needs `getSecret`. Key Vault has no label for the previous version: the one that this process
 * has seen before is used.
 * @module
 */
import { ClientError, shortCode } from '../client-error.ts'
import type { SecretSource } from '../secret-source.ts'

export interface AzureSourceOptions {
  readonly client: {
    getSecret(
      name: string,
      options: { abortSignal: AbortSignal },
    ): Promise<{
      readonly value?: string
      readonly properties: { readonly version?: string; readonly createdOn?: Date }
    }>
  }
}

export function azureSource({ client }: AzureSourceOptions): SecretSource {
  return {
    async read(name, which, { signal }) {
      if (which === 'previous') return undefined
      const { value, properties } = await client.getSecret(name, { abortSignal: signal }).catch(refused)
      if (value === undefined && properties.version === undefined) return undefined
      if (value === undefined || properties.version === undefined)
        throw new ClientError('store-unavailable', 'Key Vault answered without a value.')
      return { value, version: properties.version, createdAt: properties.createdOn?.getTime() }
    },
  }
}

/** A version that is disabled is a 403 too. */
function refused(error: unknown): {
  readonly value?: string
  readonly properties: { version?: string; createdOn?: Date }
} {
  const { statusCode } = error as { statusCode?: unknown }
  if (statusCode === 404) return { properties: {} }
  const foreign = shortCode(error)
  if (statusCode === 401 || statusCode === 403)
    throw new ClientError('access-denied', 'Key Vault refuses to read the secret, or its newest version is disabled.', {
      foreign,
    })
  throw new ClientError('store-unavailable', 'Key Vault did not answer.', { foreign })
}
