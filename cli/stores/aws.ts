/**
 * AWS Secrets Manager, as commands see it.
 * @module
 */
import type { AwsStoreConfig } from '../../core/config/types.ts'
import { tokenFor } from '../../core/federation/token.ts'
import { cloudIdentities } from '../identities.ts'
import type { KindOpening, StoreKind } from '../stores.ts'

export const awsKind: StoreKind<AwsStoreConfig> = {
  async open(config, opening) {
    const { clock, replicas } = opening
    const { betweenMoves, openAwsStore } = await import('../../aws/index.ts')
    const client = await regionalClient(config, opening)
    return openAwsStore({ client, clock, ...(replicas && { betweenMoves: betweenMoves(replicas, clock) }) })
  },
  async native(config, opening) {
    const { openNativeReplica } = await import('../../aws/index.ts')
    return openNativeReplica({ client: await regionalClient(config, opening), clock: opening.clock })
  },
  async signIn(config, opening) {
    const client = await clientOf(config, opening)
    await client.config.credentials().finally(() => client.destroy())
  },
  place: ({ region, endpoint }) => ['AWS Secrets Manager', region, endpoint].filter(Boolean).join(', '),
  promises: () => ({
    publishes: 'AWSCURRENT is moved by compare-and-set: a late or second promotion is refused',
    copies: 'refused if it lands after a later one, or over what a person has put there',
    graceFrom: 'when anything of the secret was changed last, which is never before the rotation',
  }),
  untried: () =>
    ['PutSecretValue', 'UpdateSecretVersionStage', 'ListSecretVersionIds', 'TagResource'].map(
      action => `secretsmanager:${action}`,
    ),
  beside: () => [],
}

async function regionalClient(config: AwsStoreConfig, opening: KindOpening) {
  const { regionOf } = await import('../../aws/inventory.ts')
  const client = await clientOf(config, opening)
  await regionOf(client, '`region:` of the store')
  return client
}

async function clientOf(
  { region, endpoint, role, signIn }: AwsStoreConfig,
  { clock, keyless, signInPlaces: places }: KindOpening,
) {
  const { createClient } = await import('../../aws/client.ts')
  const client = { region, endpoint, role, keyless }
  if (!signIn) return createClient(client)
  const { webIdentityCredentials } = await import('../../aws/sign-in.ts')
  const token = tokenFor(signIn, 'aws', cloudIdentities(clock, places), clock)
  const credentials = await webIdentityCredentials({ ...signIn, token }, region, places?.aws)
  return createClient({ ...client, credentials })
}
