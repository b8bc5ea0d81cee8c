/**
 * Sign-in to AWS with a token of another cloud: AssumeRoleWithWebIdentity, by the SDK. The client asks again before the session ends.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
 * @module
 */
import type { SecretsManagerClientConfig } from '@aws-sdk/client-secrets-manager'
import { isRotationError, RotationError } from '../core/errors.ts'
import { type Condition, exchangeRefused, exchangeUnanswered } from '../core/federation/refusal.ts'
import type { Cloud } from '../core/ports/web-identity.ts'
import type { SecretValue } from '../core/secret/secret-value.ts'

export type AwsCredentials = Extract<
  NonNullable<SecretsManagerClientConfig['credentials']>,
  (...given: never) => unknown
>

export interface WebIdentitySignIn {
  readonly from: Cloud
  /** Its ARN. */
  readonly role: string
  readonly token: () => Promise<SecretValue>
}

const conditions: Readonly<Record<string, Condition>> = {
  AccessDenied: 'any',
  AccessDeniedException: 'any',
  ExpiredToken: 'expired',
  ExpiredTokenException: 'expired',
  IDPRejectedClaim: 'signature',
  IDPRejectedClaimException: 'signature',
}

/** Nothing is asked yet. `endpoint`: instead of the one of STS in the region. */
export async function webIdentityCredentials(
  { from, role, token }: WebIdentitySignIn,
  region: string | undefined,
  endpoint?: string,
): Promise<AwsCredentials> {
  const { fromWebToken } = await sdk()
  const clientConfig = { ...(region !== undefined && { region }), ...(endpoint !== undefined && { endpoint }) }
  return async given => {
    const webIdentityToken = (await token()).reveal()
    const assume = fromWebToken({ roleArn: role, roleSessionName: 'lockstep', webIdentityToken, clientConfig })
    return assume(given).catch(error => {
      throw refusal(error, from, role)
    })
  }
}

function refusal(error: unknown, from: Cloud, role: string): RotationError {
  if (isRotationError(error)) return error
  const { name, message } = Object(error) as { name?: unknown; message?: unknown }
  const direction = { from, to: 'aws' } as const
  const known = typeof name === 'string' && /^[A-Za-z]{1,60}$/.test(name) ? name : undefined
  const detail = { at: role, foreign: known }
  if (/^InvalidIdentityToken/.test(known ?? ''))
    return exchangeRefused(direction, ofToken(typeof message === 'string' ? message : ''), detail)
  const condition = conditions[known ?? '']
  return condition ? exchangeRefused(direction, condition, detail) : exchangeUnanswered(direction, detail)
}

/** One name for several reasons; its text is looked at, never shown. */
function ofToken(message: string): Condition {
  if (/audience/i.test(message)) return 'audience'
  if (/OpenIDConnect provider|issuer/i.test(message)) return 'issuer'
  return /expired/i.test(message) ? 'expired' : 'signature'
}

async function sdk(): Promise<typeof import('@aws-sdk/credential-providers')> {
  try {
    return await import('@aws-sdk/credential-providers')
  } catch {
    throw new RotationError('driver-missing', 'Sign-in to AWS needs the package `@aws-sdk/credential-providers`.', {
      next: 'Run `npm install @aws-sdk/credential-providers`.',
    })
  }
}
