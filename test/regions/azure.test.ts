/** Functions with two vaults of Azure, over fakes of Key Vault and Blob storage [fake]; who leads is in a container of a third account. */
import { expect, test } from 'vitest'
import { openFunctionStore } from '../../azure/function-store.ts'
import { createFunctions } from '../../azure/functions.ts'
import { BlobRegister } from '../../azure/leader-register.ts'
import { type FunctionStore, Workshop } from '../../core/functions/workshop.ts'
import { CONTAINER, ManualClock } from '../azure/support.ts'
import { type BlobStorageCore, createBlobStorage } from '../fakes/azure/blob-storage.ts'
import { createKeyVault } from '../fakes/azure/key-vault.ts'
import { live, Regions } from './life.ts'

class AzureRegions extends Regions {
  readonly clock = new ManualClock()
  readonly time = { now: () => ++this.clock.time, sleep: async () => {} }
  readonly vaults = new Map(['eu', 'us'].map(name => [name, this.#vault(name)]))
  readonly register = createBlobStorage({ ...this.time, containers: [CONTAINER] } as never)
  readonly config = this.configOf(
    `{ ${[...this.vaults].map(([name, { blobs }]) => `${name}: { kind: azure, vault: 'https://kv-${name}.vault.azure.net', journal: { url: '${blobs.url}', container: ${CONTAINER}, prefix: ${name}/ } }`).join(', ')} }`,
    `{ blob: { url: '${this.register.url}', container: ${CONTAINER} } }`,
  )

  constructor() {
    super()
    this.vaults.get('eu')!.vault.service.putAsPerson('app-db', this.first)
  }

  #vault(name: string) {
    const vault = createKeyVault({ ...this.time, vaultName: `kv-${name}` } as never)
    return { vault, blobs: createBlobStorage({ ...this.time, containers: [CONTAINER], tokens: vault.tokens }) }
  }

  container = (blobs: BlobStorageCore) => blobs.inProcessClient().getContainerClient(CONTAINER)

  async workshop(member?: string) {
    const { config, clock } = this
    return new Workshop<FunctionStore>({
      ...{ config, clock, member },
      blobRegister: async ({ deployment }) => new BlobRegister(this.container(this.register), clock, deployment),
      engines: () => import('../../core/targets/engines.ts'),
      open: async store => {
        if (store.kind !== 'azure') throw new Error('there is no such store here')
        const [name] = /(?<=kv-)\w+/.exec(store.vault)!
        const { vault, blobs } = this.vaults.get(name)!
        const secrets = vault.inProcessClient({ retryOptions: { maxRetries: 0 } })
        const clients = { secrets, container: this.container(blobs) }
        return this.reached(name, await openFunctionStore(store, clock, async () => clients))
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
