/**
 * Sign-in to Google Cloud with a token of another cloud: workload identity federation, by Google's own library, which exchanges it
 * again before it ends. https://cloud.google.com/iam/docs/reference/sts/rest/v1/TopLevel/token
 * @module
 */
import { isRotationError, type RotationError } from '../core/errors.ts'
import { type Condition, exchangeRefused, exchangeUnanswered } from '../core/federation/refusal.ts'
import type { Cloud } from '../core/ports/web-identity.ts'
import type { SecretValue } from '../core/secret/secret-value.ts'
import { authLibrary, googleSdk } from './auth-library.ts'
import type { Federated } from './federated.ts'

export interface PoolSignIn {
  readonly from: Cloud
  /** `//iam.googleapis.com/projects/…/providers/…`. */
  readonly provider: string
  /** Undefined: the principal of the pool itself. */
  readonly serviceAccount: string | undefined
  readonly token: () => Promise<SecretValue>
}

/** Instead of Google's own addresses. */
export interface GooglePlaces {
  readonly sts: string
  readonly iam: string
}

const SCOPE = 'https://www.googleapis.com/auth/cloud-platform'
const JWT = 'urn:ietf:params:oauth:token-type:jwt'
const IAM = 'https://iamcredentials.googleapis.com'

/** Nothing is asked yet. */
export async function federated(
  { from, provider, serviceAccount, token }: PoolSignIn,
  places?: GooglePlaces,
): Promise<Federated> {
  await googleSdk('Sign-in to Google Cloud')
  const { IdentityPoolClient } = authLibrary()
  const act = `v1/projects/-/serviceAccounts/${serviceAccount}:generateAccessToken`
  const authClient = new IdentityPoolClient({
    audience: provider,
    subject_token_type: JWT,
    subject_token_supplier: { getSubjectToken: async () => (await token()).reveal() },
    scopes: [SCOPE],
    ...(places && { token_url: places.sts }),
    ...(serviceAccount !== undefined && { service_account_impersonation_url: `${places?.iam ?? IAM}/${act}` }),
  })
  return {
    authClient,
    async signIn() {
      try {
        await authClient.getAccessToken()
      } catch (error) {
        throw refusal(error, { from, provider, serviceAccount })
      }
    },
  }
}

function refusal(error: unknown, { from, provider, serviceAccount }: Omit<PoolSignIn, 'token'>): RotationError {
  if (isRotationError(error)) return error
  const direction = { from, to: 'gcp' } as const
  const { code, message, status } = Object(error) as Record<string, unknown>
  const said = typeof message === 'string' ? message : ''
  const named = /\b(invalid_grant|invalid_target|invalid_request|unauthorized_client|access_denied)\b/.exec(said)?.[1]
  if (named !== undefined) return exchangeRefused(direction, conditionOf(named, said), { at: provider, foreign: named })
  // The exchange is told by OAuth's names: this is the second request, for the service account.
  const number = [status, code].map(Number).find(each => each === 403 || each === 404)
  if (number !== undefined && serviceAccount !== undefined)
    return exchangeRefused(direction, 'impersonation', { at: serviceAccount, foreign: `HTTP${number}` })
  return exchangeUnanswered(direction, { at: provider, foreign: foreignOf(code) })
}

const foreignOf = (code: unknown): string | undefined =>
  typeof code === 'string' && /^[A-Z0-9_]{1,40}$/.test(code) ? code : undefined

/** One name for several reasons; what is said of it is looked at, never shown. */
function conditionOf(name: string, said: string): Condition {
  if (name === 'invalid_target') return 'absent'
  if (/attribute condition/i.test(said)) return 'subject'
  if (/audience/i.test(said)) return 'audience'
  if (/stale|expired|lifetime|issued at/i.test(said)) return 'expired'
  if (/signature|verif/i.test(said)) return 'signature'
  return /issuer/i.test(said) ? 'issuer' : 'any'
}
