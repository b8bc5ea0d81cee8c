/**
 * The identity of a workload on Google Cloud, signed for somebody else: from the metadata server, or for a service account that may be
 * acted as from the IAM Credentials API. https://cloud.google.com/docs/authentication/get-id-token
 * @module
 */
import type { RotationError } from '../core/errors.ts'
import { bounded } from '../core/federation/bounded.ts'
import { tokenRefused, tokenUnanswered } from '../core/federation/refusal.ts'
import type { Clock } from '../core/ports/clock.ts'
import type { WebIdentity } from '../core/ports/web-identity.ts'
import { SecretValue } from '../core/secret/secret-value.ts'
import { type AuthLibrary, authLibrary, type GoogleAuth, googleSdk, type IdTokens } from './auth-library.ts'

const SCOPE = 'https://www.googleapis.com/auth/cloud-platform'
const IAM = 'https://iamcredentials.googleapis.com'
const OTHERWISE = 'Run it with a service account attached, or name one that it may act as: `as:` of signIn.'
const ACT_AS = 'Grant roles/iam.serviceAccountOpenIdTokenCreator on the service account to whoever is signed in.'

/** `as`: the e-mail address of a service account. `iam`: instead of the address of IAM Credentials. Nothing is asked yet. */
export async function gcpWebIdentity(
  as: string | undefined,
  clock: Pick<Clock, 'now'>,
  iam = IAM,
): Promise<WebIdentity> {
  const { SecretManagerServiceClient } = await googleSdk('A token of Google Cloud')
  // a project, or it would be looked up
  const { auth } = new SecretManagerServiceClient({ scopes: [SCOPE], projectId: 'none' })
  return (audience, call) =>
    bounded(call, clock, async () => {
      const source = await sourceOf(auth, as, iam)
      const token = await source.fetchIdToken(audience).catch(error => {
        throw refusal(error, as)
      })
      return SecretValue.of(token)
    })
}

async function sourceOf(auth: GoogleAuth, as: string | undefined, iam: string): Promise<IdTokens> {
  const client = await auth.getClient().catch(() => {
    throw tokenRefused('gcp', 'nobody is signed in', OTHERWISE)
  })
  if (Object(auth.jsonContent).type === 'service_account')
    throw tokenRefused('gcp', 'this process is signed in with a stored key of a service account', OTHERWISE)
  if (as !== undefined) return actingAs(client, as, iam)
  if (isWorkload(client, authLibrary())) return client
  // Of a person there would be a token too, for an audience that nobody can choose.
  throw tokenRefused('gcp', 'whoever is signed in is not a service account', OTHERWISE)
}

/** By a plain request: the library's own class for it warns on the console of whoever uses it. */
const actingAs = (client: Awaited<ReturnType<GoogleAuth['getClient']>>, account: string, iam: string): IdTokens => ({
  async fetchIdToken(audience) {
    const url = `${iam}/v1/projects/-/serviceAccounts/${account}:generateIdToken`
    const { data } = await client.request<{ token: string }>({ url, method: 'POST', data: { audience } })
    return data.token
  },
})

const isWorkload = (client: unknown, { Compute, Impersonated }: AuthLibrary): client is IdTokens =>
  client instanceof Compute || client instanceof Impersonated

function refusal(error: unknown, as: string | undefined): RotationError {
  const { status, code } = Object(error) as { status?: unknown; code?: unknown }
  const number = [status, code].map(Number).find(each => each >= 400 && each < 600)
  if (number === undefined || number >= 500)
    return tokenUnanswered('gcp', as === undefined ? 'the metadata server' : 'IAM Credentials')
  if (as === undefined) return tokenRefused('gcp', 'the metadata server refused it', OTHERWISE, `HTTP${number}`)
  return tokenRefused('gcp', `IAM Credentials refused generateIdToken for ${as}`, ACT_AS, `HTTP${number}`)
}
