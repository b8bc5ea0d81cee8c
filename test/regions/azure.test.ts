/** Functions with two vaults of Azure, over fakes of Key Vault and Blob storage [fake]; who leads is written down in Secrets Manager [fake]. */
import { expect, test } from 'vitest'
import { openAwsStore } from '../../aws/index.ts'
import { openFunctionStore } from '../../azure/function-store.ts'
import { createFunctions } from '../../azure/functions.ts'
import { type FunctionStore, Workshop } from '../../core/functions/workshop.ts'
import { CONTAINER, ManualClock } from '../azure/support.ts'
import { createSecretsManager } from '../fakes/aws/secrets-manager.ts'
import { createBlobStorage } from '../fakes/azure/blob-storage.ts'
import { createKeyVault } from '../fakes/azure/key-vault.ts'
import { live, Regions } from './life.ts'

class AzureRegions extends Regions {
  readonly clock = new ManualClock()
  readonly time = { now: () => ++this.clock.time, sleep: async () => {} }
  readonly vaults = new Map(['eu', 'us'].map(name => [name, this.#vault(name)]))
  readonly register = createSecretsManager(this.time)
  readonly config = this.configOf(
    `{ ${[...this.vaults].map(([name, { blobs }]) => `${name}: { kind: azure, vault: 'https://kv-${name}.vault.azure.net', journal: { url: '${blobs.url}', container: ${CONTAINER}, prefix: ${name}/ } }`).join(', ')}, reg: { kind: aws, region: eu-west-1 } }`,
  )

  constructor() {
    super()
    this.vaults.get('eu')!.vault.service.putAsPerson('app-db', this.first)
  }

  #vault(name: string) {
    const vault = createKeyVault({ ...this.time, vaultName: `kv-${name}` } as never)
    return { vault, blobs: createBlobStorage({ ...this.time, containers: [CONTAINER], tokens: vault.tokens }) }
  }

  async workshop(member?: string) {
    const { config, clock } = this
    return new Workshop<FunctionStore>({
      ...{ config, clock, member },
      engines: () => import('../../core/targets/engines.ts'),
      open: async store => {
        if (store.kind === 'aws')
          return openAwsStore({ clock, client: this.register.inProcessClient({ maxAttempts: 1 }) })
        if (store.kind !== 'azure') throw new Error('there is no such store here')
        const [name] = /(?<=kv-)\w+/.exec(store.vault)!
        const { vault, blobs } = this.vaults.get(name)!
        const secrets = vault.inProcessClient({ retryOptions: { maxRetries: 0 } })
        const container = blobs.inProcessClient().getContainerClient(CONTAINER)
        return this.reached(name, await openFunctionStore(store, clock, async () => ({ secrets, container })))
      },
    })
  }

  async sweep(member?: string) {
    const write = (text: string) => void this.lines.push(JSON.parse(text))
    const context = { invocationId: 'i', functionName: 'sweep', info: write, warn: write, error: write }
    const functions = createFunctions({
      workshop: () => this.workshop(member),
      clock: this.clock,
      environment: 'test',
      timeout: 600_000,
    })
    await functions.sweep({}, context).catch(() => undefined)
    return this.lines.findLast(({ message }) => message === 'sweep')!.outcomes as Record<string, number>
  }

  writes(region: string): number {
    const { calls } = this.vaults.get(region)!.vault
    return calls.count('SetSecret') + calls.count('UpdateSecret')
  }
}

test('one leads, one stands by, and a fail-over is enough to change that', async () => {
  const regions = new AzureRegions()
  await live(regions)
  expect(regions.lines).toContainEqual(
    expect.objectContaining({ message: 'metrics', Follower: 'us', FollowerLag: expect.any(Number), FollowerBehind: 0 }),
  )
})
