/**
 * Sign-in to Azure with a token of another cloud: a federated identity credential, by `@azure/identity`, which exchanges it again
 * before it ends. https://learn.microsoft.com/entra/workload-id/workload-identity-federation
 * @module
 */
import { isRotationError, type RotationError } from '../core/errors.ts'
import { type Condition, exchangeRefused, exchangeUnanswered } from '../core/federation/refusal.ts'
import type { Cloud } from '../core/ports/web-identity.ts'
import type { SecretValue } from '../core/secret/secret-value.ts'
import type { Credential } from './client.ts'
import { identitySdk } from './entra-token.ts'

export interface FederatedSignIn {
  readonly from: Cloud
  readonly tenant: string
  /** Of the application. */
  readonly client: string
  readonly token: () => Promise<SecretValue>
}

/** https://learn.microsoft.com/entra/identity-platform/reference-error-codes; those of federation with a digit more for what did not fit. */
const conditions: readonly (readonly [RegExp, Condition])[] = [
  [/^700211/, 'issuer'],
  [/^700212/, 'audience'],
  [/^700213/, 'subject'],
  [/^700024/, 'expired'],
  [/^(50027|5000[68]|700027|700030)/, 'signature'],
  [/^(700016|900(02|23|45)|7000112)/, 'absent'],
]

/** Nothing is asked yet. `authority`: instead of Microsoft's own, and not looked up there. */
export async function federatedCredential(
  { from, tenant, client, token }: FederatedSignIn,
  authority?: string,
): Promise<Credential> {
  const { ClientAssertionCredential } = await identitySdk()
  // The library asks twice for one exchange; and what the token's own cloud refuses would arrive as a failure of this one.
  let asked: Promise<SecretValue> | undefined
  const assertion = async () => {
    asked ??= token()
    return (await asked).reveal()
  }
  const elsewhere = authority === undefined ? {} : { authorityHost: authority, disableInstanceDiscovery: true }
  const credential = new ClientAssertionCredential(tenant, client, assertion, elsewhere)
  return {
    async getToken(scopes, options) {
      asked = undefined
      try {
        return await credential.getToken(scopes, options)
      } catch (error) {
        // Throws what it threw, if it did.
        await asked
        throw refusal(error, from, client)
      }
    },
  }
}

function refusal(error: unknown, from: Cloud, client: string): RotationError {
  if (isRotationError(error)) return error
  const { message } = Object(error) as { message?: unknown }
  const direction = { from, to: 'azure' } as const
  const number = /\bAADSTS([0-9]{4,8})\b/.exec(typeof message === 'string' ? message : '')?.[1]
  if (number === undefined) return exchangeUnanswered(direction, { at: client })
  const condition = number === '70021' ? 'any' : conditions.find(([pattern]) => pattern.test(number))?.[1]
  return exchangeRefused(direction, condition ?? 'any', { at: client, foreign: `AADSTS${number}` })
}
