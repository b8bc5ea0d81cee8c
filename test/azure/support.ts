/** Stores over the two fakes, without sockets, on a clock that moves when told to. */
import { Journal } from '../../azure/journal.ts'
import { Requests } from '../../azure/requests.ts'
import { AzureSecretStore } from '../../azure/secret-store.ts'
import type { Call } from '../../core/ports/secret-store.ts'
import { type BlobStorageCore, createBlobStorage } from '../fakes/azure/blob-storage.ts'
import { createKeyVault, type KeyVaultCore, type KeyVaultOptions } from '../fakes/azure/key-vault.ts'

export class ManualClock {
  time = Date.UTC(2030, 0, 1)

  now(): number {
    return this.time
  }

  async sleep(ms: number): Promise<void> {
    this.time += ms
  }
}

export const CONTAINER = 'lockstep'

export class Place {
  readonly clock = new ManualClock()
  readonly vault: KeyVaultCore
  readonly blobs: BlobStorageCore

  constructor(options: KeyVaultOptions = {}) {
    const time = { now: () => ++this.clock.time, sleep: async () => {} }
    this.vault = createKeyVault({ ...time, ...options })
    this.blobs = createBlobStorage({ ...time, containers: [CONTAINER], tokens: this.vault.tokens })
  }

  store(identity = 'test'): AzureSecretStore {
    return new AzureSecretStore(...this.parts(identity), this.clock)
  }

  parts(identity = 'test', container = CONTAINER): [Requests, Journal] {
    const secrets = this.vault.inProcessClient({ identity, retryOptions: { maxRetries: 0 } })
    const requests = new Requests(secrets, this.clock)
    const blobs = this.blobs.inProcessClient({ identity }).getContainerClient(container)
    return [requests, new Journal(blobs, this.clock, requests.host)]
  }

  /** As a portal or a script of somebody's would: nothing is taken over. */
  edit(id: string, value: string, settings: Parameters<KeyVaultCore['service']['putAsPerson']>[2] = {}): string {
    return this.vault.service.putAsPerson(id, value, settings)
  }

  call(more: Partial<Call> = {}): Call {
    return { signal: new AbortController().signal, deadline: this.clock.time + 60_000, run: {}, ...more }
  }
}
