/**
 * The client of the SDK, made in one place.
 * @module
 */
import type { SecretsManagerClient, SecretsManagerClientConfig } from '@aws-sdk/client-secrets-manager'
import { RotationError } from '../core/errors.ts'
import { storedKeyRefused } from '../core/federation/stored-key.ts'
import { mapError } from './errors.ts'
import type { AwsCredentials } from './sign-in.ts'

export interface ClientOptions {
  /** Default: what the SDK finds (`AWS_REGION`, profile). */
  readonly region?: string | undefined
  /**
   * Default: `SECRETS_MANAGER_ENDPOINT`, as AWS's rotation templates have it; else what the SDK finds
   * (`AWS_ENDPOINT_URL_SECRETS_MANAGER`, profile), else the region's own.
   */
  readonly endpoint?: string | undefined
  /** The role that is assumed, in another account or with fewer rights: sts:AssumeRole. Default: the caller's own identity. */
  readonly role?: { readonly arn: string; readonly externalId?: string | undefined } | undefined
  /** Instead of what the SDK finds; a role is assumed with them. */
  readonly credentials?: AwsCredentials | undefined
  /** The SDK's own finding, but a stored access key: `refused`. */
  readonly keyless?: boolean | undefined
}

/** One try and two more, by the SDK: every write is conditional or carries its token, so a repetition is harmless. */
const TRIES = 3
const CONNECT_MS = 3_000
const ANSWER_MS = 10_000

export async function createClient(
  { region, endpoint = process.env.SECRETS_MANAGER_ENDPOINT, role, credentials, keyless }: ClientOptions,
  more: SecretsManagerClientConfig = {},
): Promise<SecretsManagerClient> {
  const { SecretsManagerClient } = await sdk()
  const own = credentials ?? (keyless ? await withoutStoredKey() : undefined)
  return new SecretsManagerClient({
    maxAttempts: TRIES,
    requestHandler: { connectionTimeout: CONNECT_MS, requestTimeout: ANSWER_MS, throwOnRequestTimeout: true },
    ...(region !== undefined && { region }),
    ...(endpoint ? { endpoint } : {}),
    ...(own && { credentials: own }),
    ...(role && { credentials: await assumed(role, region, own) }),
    ...more,
  })
}

async function sdk(): Promise<typeof import('@aws-sdk/client-secrets-manager')> {
  try {
    return await import('@aws-sdk/client-secrets-manager')
  } catch {
    throw missing('@aws-sdk/client-secrets-manager', 'The AWS store')
  }
}

async function assumed(
  { arn, externalId }: NonNullable<ClientOptions['role']>,
  region: string | undefined,
  masterCredentials: AwsCredentials | undefined,
) {
  const { fromTemporaryCredentials } = await providers('Assuming a role')
  const params = { RoleArn: arn, RoleSessionName: 'lockstep', ...(externalId && { ExternalId: externalId }) }
  const assume = fromTemporaryCredentials({
    params,
    ...(region !== undefined && { clientConfig: { region } }),
    ...(masterCredentials && { masterCredentials }),
  })
  return (...given: Parameters<typeof assume>) =>
    assume(...given).catch(error => {
      // else it would be told of the call that first needed the role
      throw mapError(error, { service: 'sts', operation: 'AssumeRole', secret: arn, writes: false })
    })
}

/** Only credentials of a session have a token of one: without it they are the keys of an IAM user, for good. */
async function withoutStoredKey(): Promise<AwsCredentials> {
  const { fromNodeProviderChain } = await providers('Refusing a stored key')
  const find = fromNodeProviderChain()
  return async (...given) => {
    const found = await find(...given)
    if (found.sessionToken === undefined) throw storedKeyRefused('aws', 'an access key of an IAM user')
    return found
  }
}

async function providers(what: string): Promise<typeof import('@aws-sdk/credential-providers')> {
  try {
    return await import('@aws-sdk/credential-providers')
  } catch {
    throw missing('@aws-sdk/credential-providers', what)
  }
}

const missing = (name: string, what: string): RotationError =>
  new RotationError('driver-missing', `${what} needs the package \`${name}\`.`, {
    next: `Run \`npm install ${name}\`.`,
  })
