/**
 * Stores of every kind over the wire: the real clients of each cloud, our fakes behind sockets [fake]; the local store on a file.
 */
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { BlobServiceClient } from '@azure/storage-blob'
import { Requests as AwsRequests } from '../../aws/requests.ts'
import { AwsSecretStore } from '../../aws/secret-store.ts'
import { Journal } from '../../azure/journal.ts'
import { Requests as VaultRequests } from '../../azure/requests.ts'
import { AzureSecretStore } from '../../azure/secret-store.ts'
import type { MemberStore } from '../../core/replication/replication.ts'
import { SecretValue } from '../../core/secret/secret-value.ts'
import type { VirtualClock } from '../../core/testing/simulation/hub.ts'
import { ID } from '../../core/testing/simulation/world.ts'
import { Requests as GcpRequests } from '../../gcp/requests.ts'
import { GcpSecretStore } from '../../gcp/secret-store.ts'
import { openLocalStore } from '../../local/index.ts'
import { type FakeSecretsManager, startSecretsManager } from '../fakes/aws/secrets-manager.ts'
import { type FakeBlobStorage, startBlobStorage } from '../fakes/azure/blob-storage.ts'
import { type FakeKeyVault, startKeyVault } from '../fakes/azure/key-vault.ts'
import { type FakeSecretManager, startSecretManager } from '../fakes/gcp/secret-manager.ts'
import { byAlias } from '../gcp/support.ts'
import { Place } from '../local/support.ts'

export type Kind = 'aws' | 'gcp alias' | 'gcp latest' | 'azure' | 'local'

/** One member's store, and what people do to it by the cloud's own tools. */
export interface Site {
  readonly store: MemberStore
  /** Its region, or its vault. */
  readonly place: string
  /** What consumers there read. */
  shown(): string | Promise<string>
  /** A person's hand: nothing of Lockstep's is taken over. */
  edit(text: string): unknown
  /** What happens there just before the next request that publishes, when nothing can be looked at any more. */
  before?: (() => unknown) | undefined
}

const LOCATIONS = ['europe-west3', 'us-central1', 'asia-south1']

/** The clouds of one test; each is started when the first site of it is made. Each member signs in as itself. */
export class Sites {
  /** Of the member that was made last. */
  aws: FakeSecretsManager | undefined
  gcp: FakeSecretManager | undefined
  vault: FakeKeyVault | undefined
  blobs: FakeBlobStorage | undefined
  readonly #clock: VirtualClock
  readonly #closing: (() => unknown)[] = []
  readonly #time: { now(): number; sleep(ms: number): Promise<void> }

  constructor(clock: VirtualClock) {
    this.#clock = clock
    // no two things happen at the same time
    const now = () => {
      clock.advance(1)
      return clock.now()
    }
    this.#time = { now, sleep: async () => {} }
  }

  make(kind: Kind, member: string, nth: number): Promise<Site> {
    switch (kind) {
      case 'aws':
        return this.#aws(member)
      case 'azure':
        return this.#azure(member)
      case 'local':
        return this.#local()
      default:
        return this.#gcp(member, kind === 'gcp latest', LOCATIONS[nth]!)
    }
  }

  async close(): Promise<void> {
    for (const close of this.#closing.toReversed()) await close()
  }

  /** An account of its own. */
  async #aws(member: string): Promise<Site> {
    const fake = await startSecretsManager(this.#time)
    const client = fake.client({ credentials: { accessKeyId: member, secretAccessKey: 'test' }, maxAttempts: 1 })
    this.#closing.push(
      () => fake.close(),
      () => client.destroy(),
    )
    const shown = () => {
      const { versions } = fake.service.peek(ID)
      return [...versions.values()].find(({ stages }) => stages.includes('AWSCURRENT'))!.value!
    }
    this.aws = fake
    const store = new AwsSecretStore(new AwsRequests(client, this.#clock), this.#clock)
    return { store, place: fake.region, shown, edit: text => fake.service.putAsPerson(ID, text) }
  }

  /** A regional secret, in a location of its own. */
  async #gcp(token: string, latest: boolean, location: string): Promise<Site> {
    if (!this.gcp) {
      this.gcp = await startSecretManager(this.#time)
      this.#closing.push(() => this.gcp!.close())
    }
    const { gcp } = this
    await gcp.openLocation(location)
    const client = gcp.client({ token, location })
    this.#closing.push(() => client.close())
    const requests = new GcpRequests(client, this.#clock, { project: gcp.projectId, location })
    const store = new GcpSecretStore(requests, this.#clock, latest ? 'latest' : byAlias)
    const shown = () => {
      const { versions, aliases } = gcp.service.peek(ID, location)
      return versions.get(latest ? Math.max(...versions.keys()) : Number(aliases.current))!.value!
    }
    const edit = (text: string) => {
      const number = gcp.service.putAsPerson(ID, text, location)
      if (latest) return
      const { aliases } = gcp.service.peek(ID, location)
      gcp.service.patchAsPerson(ID, { versionAliases: { ...aliases, current: String(number) } }, location)
    }
    const site: Site = { store, place: location, shown, edit }
    const add = client.addSecretVersion.bind(client)
    client.addSecretVersion = (async (request: { parent: string }, ...more: never[]) => {
      if (request.parent.endsWith(`/${ID}`)) await taken(site)
      return add(request, ...more)
    }) as never
    return site
  }

  /** A vault of its own; the journals of all are in one container. */
  async #azure(identity: string): Promise<Site> {
    if (!this.vault || !this.blobs) {
      const vault = await startKeyVault(this.#time)
      const blobs = await startBlobStorage({ ...this.#time, containers: ['journals'], tokens: vault.tokens })
      const trusted = getCACertificates('default')
      setDefaultCACertificates([...trusted, vault.ca, blobs.ca])
      Object.assign(this, { vault, blobs })
      this.#closing.push(
        () => setDefaultCACertificates(trusted),
        () => blobs.close(),
        () => vault.close(),
      )
    }
    const { vault, blobs } = this as { vault: FakeKeyVault; blobs: FakeBlobStorage }
    const place = `kv-${identity}`
    vault.service.createVault(place)
    const client = vault.client({ vault: place, identity, retryOptions: { maxRetries: 0 } })
    const service = new BlobServiceClient(blobs.endpoint, blobs.tokens.credential(identity), {
      retryOptions: { maxTries: 1 },
    })
    const requests = new VaultRequests(client, this.#clock)
    const journal = new Journal(service.getContainerClient('journals'), this.#clock, requests.host)
    const store = new AzureSecretStore(requests, journal, this.#clock)
    const shown = () => vault.service.latestValue(ID, place)
    const site: Site = { store, place, shown, edit: text => vault.service.putAsPerson(ID, text, {}, place) }
    const set = client.setSecret.bind(client)
    client.setSecret = async (name, ...more) => {
      if (name === ID) await taken(site)
      return set(name, ...more)
    }
    return site
  }

  async #local(): Promise<Site> {
    const place = new Place()
    this.#closing.push(() => place.remove())
    const { file, keyFile } = place
    const store = await openLocalStore({ file, key: { file: keyFile }, clock: this.#clock, create: true })
    this.#closing.push(() => store.close())
    const call = () => ({ signal: new AbortController().signal, deadline: this.#clock.now() + 10_000, run: {} })
    const shown = async () => ((await store.get(ID, call()))!.value as SecretValue).reveal()
    return { store, place: file, shown, edit: text => store.put(ID, SecretValue.of(text), call()) }
  }
}

/** Once. */
async function taken(site: Site): Promise<void> {
  const { before } = site
  site.before = undefined
  await before?.()
}
