/**
 * AWS Secrets Manager, as commands see it.
 * @module
 */
import type { AwsStoreConfig } from '../../core/config/types.ts'
import type { StoreKind } from '../stores.ts'

export const awsKind: StoreKind<AwsStoreConfig> = {
  async open({ region, endpoint, role }, { clock }) {
    const { createClient } = await import('../../aws/client.ts')
    const { regionOf } = await import('../../aws/inventory.ts')
    const { openAwsStore } = await import('../../aws/index.ts')
    const client = await createClient({ region, endpoint, role })
    await regionOf(client, '`region:` of the store')
    return openAwsStore({ client, clock })
  },
  place: ({ region, endpoint }) => ['AWS Secrets Manager', region, endpoint].filter(Boolean).join(', '),
  promises: () => ({
    publishes: 'AWSCURRENT is moved by compare-and-set: a late or second promotion is refused',
    graceFrom: 'when anything of the secret was changed last, which is never before the rotation',
  }),
  untried: () =>
    ['PutSecretValue', 'UpdateSecretVersionStage', 'ListSecretVersionIds', 'TagResource'].map(
      action => `secretsmanager:${action}`,
    ),
  beside: () => [],
}
