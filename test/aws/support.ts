/** Stores over the fake, without sockets, on a clock that moves when told to. */
import { Requests } from '../../aws/requests.ts'
import { AwsSecretStore } from '../../aws/secret-store.ts'
import type { Call } from '../../core/ports/secret-store.ts'
import { createSecretsManager, type SecretsManagerCore } from '../fakes/aws/secrets-manager.ts'

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
  readonly fake: SecretsManagerCore = createSecretsManager({ now: () => ++this.clock.time, sleep: async () => {} })

  store(accessKeyId = 'test'): AwsSecretStore {
    const client = this.fake.inProcessClient({
      credentials: { accessKeyId, secretAccessKey: 'test' },
      retryMode: 'standard',
      maxAttempts: 3,
    })
    return new AwsSecretStore(new Requests(client, this.clock), this.clock)
  }

  call(more: Partial<Call> = {}): Call {
    return { signal: new AbortController().signal, deadline: this.clock.time + 60_000, run: {}, ...more }
  }
}
