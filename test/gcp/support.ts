/** Stores over the fake, without sockets, on a clock that moves when told to. */

import type { Call } from '../../core/ports/secret-store.ts'
import { Requests } from '../../gcp/requests.ts'
import { GcpSecretStore, type ReadBy } from '../../gcp/secret-store.ts'
import { createSecretManager, type SecretManagerCore } from '../fakes/gcp/secret-manager.ts'

export class ManualClock {
  time = Date.UTC(2030, 0, 1)

  now(): number {
    return this.time
  }

  async sleep(ms: number): Promise<void> {
    this.time += ms
  }
}

export class Place {
  readonly clock = new ManualClock()
  readonly fake: SecretManagerCore = createSecretManager({ now: () => ++this.clock.time, sleep: async () => {} })

  store(readBy: ReadBy, token = 'test', location?: string): GcpSecretStore {
    const client = this.fake.inProcessClient({ token, ...(location !== undefined && { location }) })
    const parent = { project: this.fake.projectId, location }
    return new GcpSecretStore(new Requests(client, this.clock, parent), this.clock, readBy)
  }

  call(more: Partial<Call> = {}): Call {
    return { signal: new AbortController().signal, deadline: this.clock.time + 60_000, run: {}, ...more }
  }
}

export const byAlias: ReadBy = { alias: 'current', previous: 'previous' }
