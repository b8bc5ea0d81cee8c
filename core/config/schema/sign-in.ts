/**
 * `signIn:` of a store: without a stored key, by the identity that the process has in another cloud.
 * @module
 */
import { z } from 'zod'
import type { Cloud } from '../../ports/web-identity.ts'
import { text } from './parts.ts'

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
const ROLE_ARN = /^arn:aws(-[a-z]+)*:iam::[0-9]{12}:role\/[\w+=,.@/-]{1,512}$/
/** The service's own form, and the one of `gcloud … describe`. By number: the project's ID is not taken. */
const PROVIDER =
  /^(\/\/iam\.googleapis\.com\/)?projects\/[0-9]{6,19}\/locations\/global\/workloadIdentityPools\/[a-z0-9-]{4,32}\/providers\/[a-z0-9-]{4,32}$/
const SERVICE_ACCOUNT = /^[a-z0-9][a-z0-9-]{0,62}@[a-z0-9][a-z0-9.-]{0,120}\.gserviceaccount\.com$/
const GUID = /^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/
/** No character that an address would need encoded: it is sent as a part of one. */
const AUDIENCE = /^[A-Za-z0-9][A-Za-z0-9._:/~-]{0,499}$/

export const roleArn = text(ROLE_ARN, 'the ARN of a role, such as arn:aws:iam::123456789012:role/rotation')

const common = (others: readonly [Cloud, Cloud], audience: string) => ({
  from: z.enum(others).describe('The cloud that this process runs in: it signs the token.'),
  as: text(
    new RegExp(`(${SERVICE_ACCOUNT.source})|(${GUID.source})`),
    'the e-mail address of a service account, or the client ID of a managed identity',
  )
    .optional()
    .describe(
      'Who the token is for: from gcp a service account (e-mail address), from azure a user-assigned managed identity (client ID). Default: the identity of the process.',
    ),
  audience: text(AUDIENCE, 'an audience such as api://NAME: letters, digits and . _ : / ~ -')
    .optional()
    .describe(
      `Whom the token names as its reader. From azure: the Application ID URI of an app. Default: ${audience}.`,
    ),
})

const keyless = 'Sign-in without a stored key, from another cloud. Default: what the SDK finds.'

export const signInToAws = z
  .strictObject({
    ...common(['gcp', 'azure'], 'sts.amazonaws.com'),
    role: roleArn.describe('The role whose trust policy names the token: sts:AssumeRoleWithWebIdentity.'),
  })
  .describe(keyless)

export const signInToGcp = z
  .strictObject({
    ...common(['aws', 'azure'], 'https://iam.googleapis.com/, then the provider'),
    provider: text(
      PROVIDER,
      'a provider such as projects/123456789012/locations/global/workloadIdentityPools/POOL/providers/PROVIDER',
    ).describe('The provider of a workload identity pool.'),
    serviceAccount: text(SERVICE_ACCOUNT, 'the e-mail address of a service account')
      .optional()
      .describe('The service account to impersonate. Default: the principal of the pool itself.'),
  })
  .describe(keyless)

const guid = text(GUID, 'an ID such as 00000000-0000-0000-0000-000000000000')

export const signInToAzure = z
  .strictObject({
    ...common(['aws', 'gcp'], 'api://AzureADTokenExchange'),
    tenant: guid.describe('The directory.'),
    client: guid.describe('The application, or user-assigned managed identity, with the federated credential.'),
  })
  .describe(keyless)

export const storedKey = z
  .literal(true)
  .optional()
  .describe('That a stored key signs in to this cloud from another one. Without it such a key is refused.')
