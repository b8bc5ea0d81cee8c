// Key Vault with a journal in Blob storage as the store of a simulated world: the fake services, the real adapter, and what a
// person does there.

import { Journal } from '../../../azure/journal.ts'
import { Requests } from '../../../azure/requests.ts'
import { AzureSecretStore } from '../../../azure/secret-store.ts'
import type { AzureClock } from '../../../azure/send.ts'
import { inSibling, placeOf, siblingOf } from '../../../azure/slots.ts'
import { emptyLedger, parseLedger, rotationOf } from '../../../core/ledger/record.ts'
import type { SecretId, SecretStore, VersionId } from '../../../core/ports/secret-store.ts'
import { SecretValue } from '../../../core/secret/secret-value.ts'
import type { Hub, VirtualClock, Worker } from '../../../core/testing/simulation/hub.ts'
import type { SimulatedPeek, SimulatedStore } from '../../../core/testing/simulation/store.ts'
import { ID, simulatedPolicy } from '../../../core/testing/simulation/world.ts'
import { type BlobStorageCore, createBlobStorage } from '../../fakes/azure/blob-storage.ts'
import { createKeyVault, type KeyVaultCore } from '../../fakes/azure/key-vault.ts'
import { asking, undisturbed } from '../common/ask.ts'
import { Claims } from '../common/claims.ts'
import { numbers } from '../common/numbers.ts'
import { newestFirst, OLDER, UNREADABLE } from '../common/peek.ts'
import { Repeats } from '../common/repeats.ts'
import { PublishWindow } from '../common/window.ts'
import { Sight } from './sight.ts'
import { CONTAINER, clientsOf, type WireOptions } from './wire.ts'

/** The adapter as it is; planted bugs replace parts of it. */
export interface Adapter {
  readonly requests: (requests: Requests) => Requests
  readonly store: (requests: Requests, journal: Journal, clock: AzureClock) => SecretStore
}

export const realAdapter: Adapter = {
  requests: requests => requests,
  store: (requests, journal, clock) => new AzureSecretStore(requests, journal, clock),
}

export interface BackendOptions {
  readonly adapter?: Adapter
  /** All reads that may be old show the state of so many milliseconds ago. */
  readonly lag?: number
}

const SETTINGS = { contentType: 'application/json', tags: { team: 'payments' } }
const WEAKNESS = 'the publication lands on what was set since the last look'

export class AzureBackend extends AzureSecretStore implements SimulatedStore {
  readonly events = []
  readonly vault: KeyVaultCore
  readonly blobs: BlobStorageCore
  readonly repeats = new Repeats()
  readonly #options: BackendOptions
  readonly #clock: VirtualClock
  readonly #journal: Journal
  readonly #claims = new Claims()
  readonly #window = new PublishWindow(WEAKNESS)

  constructor(clock: VirtualClock, options: BackendOptions = {}) {
    const time = { now: () => clock.now(), sleep: async () => {}, random: numbers() }
    const vault = createKeyVault(time)
    const blobs = createBlobStorage({ ...time, containers: [CONTAINER] })
    const [requests, journal] = partsOf({ vault, blobs, ask: undisturbed }, clock)
    super(requests, journal, clock)
    this.vault = vault
    this.blobs = blobs
    this.#journal = journal
    this.#clock = clock
    this.#options = options
  }

  get weakness(): string | undefined {
    return this.#window.weakness
  }

  seed(id: SecretId, value: SecretValue): void {
    this.vault.service.putAsPerson(id, value.reveal(), SETTINGS)
  }

  /** Whether current still has what a person has said of the secret. */
  get isCarried(): boolean {
    const { versions, latest } = this.vault.service.peek(ID)
    const { tags, contentType } = versions.get(latest)!
    return contentType === SETTINGS.contentType && tags?.team === SETTINGS.tags.team
  }

  /** As at the portal: tags are not taken over. */
  edit(id: SecretId, value: SecretValue): void {
    this.vault.service.putAsPerson(id, value.reveal())
  }

  /** The name of the place beside it is somebody else's. */
  seedForeignPending(id: SecretId, value: SecretValue): void {
    this.vault.service.putAsPerson(siblingOf(id), value.reveal())
  }

  connect(hub: Hub, worker: Worker): SecretStore {
    const { adapter = realAdapter, lag = 0 } = this.#options
    const { vault, blobs } = this
    const ask = asking(hub, worker, this.#clock.now() + simulatedPolicy.runLife)
    const isRetiring = () => this.#ledger.retiring !== undefined
    const sight = new Sight(worker, this.#window, this.repeats, ID, () => this.#main(), isRetiring)
    const clock: AzureClock = {
      now: () => this.#clock.now(),
      sleep: ms => hub.call(worker, 'audit', 'clock.sleep', () => this.#clock.sleep(ms)),
    }
    const [requests, journal] = partsOf({ vault, blobs, ask, lag, sight }, clock)
    return this.#claims.watched(adapter.store(adapter.requests(requests), journal, clock), worker)
  }

  peek(id: SecretId): SimulatedPeek {
    const newest = this.vault.service.peek(id).latest as VersionId
    const current = this.#valueAt(newest) ?? UNREADABLE
    const ledger = this.#ledger
    const { left, pending, previous, retiring } = ledger
    const [recorded, brought] = [left && this.#valueAt(left.version), pending && this.#valueAt(pending.version)]
    const isLeft = left?.version === newest || recorded?.equals(current)
    // Published, and the record is behind: what it replaces is held all the same.
    const replaced = brought?.equals(current) ? pending?.base : previous
    const staged = [newest, replaced, pending?.version]
    const others = this.#everyVersion()
      .filter(version => !staged.includes(version.id))
      .filter(({ id, sibling }) => !sibling || rotationOf(ledger, id) !== undefined)
    return {
      current,
      pending: brought,
      previous: replaced && this.#valueAt(replaced),
      recorded,
      rotation: isLeft ? left?.rotation : undefined,
      pendingRotation: pending?.rotation,
      retiring: retiring !== undefined || this.#claims.underWay,
      others: newestFirst(others)
        .slice(0, OLDER)
        .flatMap(({ id }) => this.#valueAt(id) ?? []),
    }
  }

  get #ledger(): typeof emptyLedger {
    const blob = this.blobs.service.find(CONTAINER, this.#journal.nameOf(ID))
    return blob ? parseLedger(blob.content, ID) : emptyLedger
  }

  #main(): { id: string; value: string }[] {
    return [...this.vault.service.peek(ID).versions].map(([id, { value }]) => ({ id, value }))
  }

  /** What can be read. */
  #valueAt(version: VersionId): SecretValue | undefined {
    const place = placeOf(ID, version)
    const found = this.vault.service.find(place.name)?.versions.get(place.version)
    return found?.enabled ? SecretValue.of(found.value) : undefined
  }

  #everyVersion(): { id: VersionId; createdAt: number; sibling: boolean }[] {
    const { service } = this.vault
    const named = (name: string, sibling: boolean) =>
      [...(service.find(name)?.versions ?? [])].map(([id, { createdAt }]) => ({
        ...{ createdAt, sibling },
        id: sibling ? inSibling(id) : (id as VersionId),
      }))
    return [...named(ID, false), ...named(siblingOf(ID), true)]
  }
}

function partsOf(options: WireOptions, clock: AzureClock): [Requests, Journal] {
  const { secrets, container } = clientsOf(options)
  const requests = new Requests(secrets, clock)
  return [requests, new Journal(container, clock, requests.host)]
}
