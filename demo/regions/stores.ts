/**
 * The fakes of three clouds' stores, a fourth that says who leads, and the lines between them and the regions with a worker.
 * @module
 */
import { type FakeSecretsManager, startSecretsManager } from '../../test/fakes/aws/secrets-manager.ts'
import { type FakeBlobStorage, startBlobStorage } from '../../test/fakes/azure/blob-storage.ts'
import { type FakeKeyVault, startKeyVault } from '../../test/fakes/azure/key-vault.ts'
import { type FakeSecretManager, startSecretManager } from '../../test/fakes/gcp/secret-manager.ts'
import { type Addresses, AWS_REGION, CONTAINER, type RegionName } from './config.ts'
import { type Link, openLink } from './link.ts'

export interface Clouds {
  readonly aws: FakeSecretsManager
  readonly gcp: FakeSecretManager
  readonly vault: FakeKeyVault
  readonly blobs: FakeBlobStorage
  readonly witness: FakeSecretManager
}

export async function startClouds(): Promise<Clouds> {
  const vault = await startKeyVault()
  return {
    aws: await startSecretsManager({ region: AWS_REGION }),
    gcp: await startSecretManager({ projectId: 'us-project' }),
    vault,
    blobs: await startBlobStorage({ containers: [CONTAINER], tokens: vault.tokens }),
    witness: await startSecretManager({ projectId: 'witness-project' }),
  }
}

export const closeClouds = async (clouds: Clouds): Promise<void> => {
  await Promise.all(Object.values(clouds).map((fake: { close(): Promise<void> }) => fake.close()))
}

/** All lines from one place to another can be cut at once. */
export class Lines {
  readonly #lines: {
    readonly from: RegionName
    readonly to: RegionName | 'witness' | 'database'
    readonly link: Link
  }[] = []

  /** Answers the port at this end. */
  async lay(from: RegionName, to: RegionName | 'witness' | 'database', port: number): Promise<number> {
    const link = await openLink({ host: '127.0.0.1', port })
    this.#lines.push({ from, to, link })
    return link.port
  }

  /** The stores as a worker in `from` reaches them: its own directly. */
  async toStores(from: RegionName, clouds: Clouds): Promise<Addresses> {
    const { aws, gcp, vault, blobs, witness } = clouds
    const at = async (to: RegionName | 'witness', port: number) => (to === from ? port : this.lay(from, to, port))
    return {
      eu: await at('eu', portOf(aws.endpoint)),
      us: await at('us', gcp.port),
      vault: await at('ap', vault.port),
      blobs: await at('ap', portOf(blobs.endpoint)),
      witness: await at('witness', witness.port),
    }
  }

  /** From and to all stores; the database stays in reach, so that a credential that does not work is noticed there. */
  cut(region: RegionName): void {
    for (const link of this.#of(region)) link.cut()
  }

  heal(region: RegionName): void {
    for (const link of this.#of(region)) link.heal()
  }

  async close(): Promise<void> {
    await Promise.all(this.#lines.map(({ link }) => link.close()))
  }

  #of(region: RegionName): Link[] {
    return this.#lines
      .filter(({ from, to }) => to !== 'database' && (from === region || to === region))
      .map(({ link }) => link)
  }
}

const portOf = (url: string): number => Number(new URL(url).port)
