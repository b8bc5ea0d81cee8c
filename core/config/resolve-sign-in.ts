/**
 * `signIn:` of one store. Every cloud has its own audience by which it knows that a token is meant for it.
 * @module
 */
import type { z } from 'zod'
import type * as schema from './schema/sign-in.ts'
import type { AwsStoreConfig, AzureStoreConfig, GcpStoreConfig } from './types.ts'

type Input<Key extends 'signInToAws' | 'signInToGcp' | 'signInToAzure'> = z.output<(typeof schema)[Key]>
type Resolved<Store extends { readonly signIn?: unknown }> = NonNullable<Store['signIn']>

const AWS_AUDIENCE = 'sts.amazonaws.com'
/** https://learn.microsoft.com/entra/workload-id/workload-identity-federation-considerations#audience */
const AZURE_AUDIENCE = 'api://AzureADTokenExchange'
const GOOGLE = '//iam.googleapis.com/'

export const signInToAws = ({
  from,
  as,
  role,
  audience = AWS_AUDIENCE,
}: Input<'signInToAws'>): Resolved<AwsStoreConfig> => ({ from, as, audience, role })

/** The default audience is the one that a provider allows when it names none. */
export function signInToGcp(input: Input<'signInToGcp'>): Resolved<GcpStoreConfig> {
  const { from, as, serviceAccount } = input
  const provider = input.provider.startsWith(GOOGLE) ? input.provider : `${GOOGLE}${input.provider}`
  return { from, as, audience: input.audience ?? `https:${provider}`, provider, serviceAccount }
}

export const signInToAzure = ({
  from,
  as,
  tenant,
  client,
  audience = AZURE_AUDIENCE,
}: Input<'signInToAzure'>): Resolved<AzureStoreConfig> => ({ from, as, audience, tenant, client })
