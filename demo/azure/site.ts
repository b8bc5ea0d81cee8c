/**
 * Azure Key Vault and Blob storage, as our fakes have them: over HTTPS, with a throw-away authority. Consumers read the newest
 * version through a reference, as App Service keeps one, which is that old.
 * @module
 */
import type { FakeBlobStorage } from '../../test/fakes/azure/blob-storage.ts'
import { startBlobStorage } from '../../test/fakes/azure/blob-storage.ts'
import { type FakeKeyVault, startKeyVault } from '../../test/fakes/azure/key-vault.ts'
import { LOCKSTEP } from '../cloud/driven.ts'
import type { Held, Site } from '../cloud/site.ts'
import { type Moments, Tripwire } from '../cloud/tripwire.ts'

const CONTAINER = 'lockstep'

const moments: Moments = {
  bring: 'SetSecret',
  publish: { op: 'SetSecret', nth: 2 },
  record: { op: 'PutBlob', nth: 2 },
}

export interface AzureSite extends Site {
  readonly vault: FakeKeyVault
  readonly blobs: FakeBlobStorage
}

/** `lag`: how old a reference may become, in milliseconds. */
export async function openAzureSite(lag: number, now: () => number = Date.now): Promise<AzureSite> {
  const vault = await startKeyVault({ now })
  const blobs = await startBlobStorage({ containers: [CONTAINER], tokens: vault.tokens, now })
  const { service, endpoint, ca } = vault
  const journal = `{ url: '${blobs.endpoint}', container: ${CONTAINER} }`
  const textOf = (id: string, version: string) => {
    const found = service.peek(id).versions.get(version)
    return found?.enabled ? found.value : undefined
  }
  return {
    vault,
    blobs,
    name: 'azure',
    ca,
    storeText: `{ kind: azure, vault: '${vault.vaultUrl}', endpoint: '${endpoint}', journal: ${journal}, PROPAGATION }`,
    source: { cloud: 'azure', endpoint, ca, lag },
    tripwire: new Tripwire([vault.faults, blobs.faults], moments),
    calls: () =>
      [...vault.calls.list, ...blobs.calls.list]
        .filter(({ identity, op }) => identity === LOCKSTEP && op !== 'challenge')
        .toSorted((a, b) => a.time - b.time)
        .map(({ op }) => op),
    forget: () => {
      vault.calls.reset()
      blobs.calls.reset()
    },
    createSecret: (id, text) => void service.putAsPerson(id, text),
    putAsPerson: (id, text) => service.putAsPerson(id, text),
    current: (id): Held => {
      const { latest, versions } = service.peek(id)
      return { version: latest, text: versions.get(latest)!.value }
    },
    valueOf: textOf,
    close: async () => {
      await vault.close()
      await blobs.close()
    },
  }
}
