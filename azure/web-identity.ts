/**
 * The identity of a workload on Azure, signed for somebody else: an access token of its managed identity, for an application of the
 * tenant whose Application ID URI is the audience. From App Service, Functions, Container Apps and the metadata service of machines.
 * https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/overview
 * @module
 */
import type { RotationError } from '../core/errors.ts'
import { bounded } from '../core/federation/bounded.ts'
import { tokenRefused, tokenUnanswered } from '../core/federation/refusal.ts'
import type { Clock } from '../core/ports/clock.ts'
import type { WebIdentity } from '../core/ports/web-identity.ts'
import { SecretValue } from '../core/secret/secret-value.ts'
import { identitySdk } from './entra-token.ts'

const OTHERWISE =
  'Give the process a managed identity, and name the Application ID URI of an app of its tenant as the audience.'

/** `as`: the client ID of a user-assigned managed identity. Nothing is asked yet. */
export async function azureWebIdentity(as: string | undefined, clock: Pick<Clock, 'now'>): Promise<WebIdentity> {
  const { ManagedIdentityCredential } = await identitySdk()
  const credential =
    as === undefined ? new ManagedIdentityCredential() : new ManagedIdentityCredential({ clientId: as })
  return (audience, call) =>
    bounded(call, clock, async abortSignal => {
      const found = await credential.getToken(`${audience}/.default`, { abortSignal }).catch(error => {
        throw refusal(error)
      })
      return SecretValue.of(found.token)
    })
}

/** Every failure has one class; of its text only that somebody answered is looked for. */
function refusal(error: unknown): RotationError {
  const { message } = Object(error) as { message?: unknown }
  const said = typeof message === 'string' ? message : ''
  const code = /\bAADSTS[0-9]{4,8}\b/.exec(said)?.[0]
  // What the endpoint says stands behind this word; without it nobody said anything.
  if (code === undefined && !/\bDescription: /.test(said))
    return tokenUnanswered('azure', 'the endpoint of managed identities')
  return tokenRefused('azure', 'its managed identity was refused one for this audience', OTHERWISE, code)
}
