// Secret Manager as the store of a simulated world: the fake service, the real adapter in one of its modes, and what a person
// does there.

import { parseLedger, rotationOf } from '../../../core/ledger/record.ts'
import type { Clock } from '../../../core/ports/clock.ts'
import type { SecretId, SecretStore, VersionId } from '../../../core/ports/secret-store.ts'
import { SecretValue } from '../../../core/secret/secret-value.ts'
import type { Hub, VirtualClock, Worker } from '../../../core/testing/simulation/hub.ts'
import type { SimulatedPeek, SimulatedStore } from '../../../core/testing/simulation/store.ts'
import { ID, simulatedPolicy } from '../../../core/testing/simulation/world.ts'
import { Requests } from '../../../gcp/requests.ts'
import { GcpSecretStore, type ReadBy } from '../../../gcp/secret-store.ts'
import { isInSibling, mainVersion, openEnvelope, siblingOf, siblingVersion } from '../../../gcp/slots.ts'
import { ANNOTATION, numberOf } from '../../../gcp/visit.ts'
import { createSecretManager, type SecretManagerCore } from '../../fakes/gcp/secret-manager.ts'
import { asking, undisturbed } from '../common/ask.ts'
import { Claims } from '../common/claims.ts'
import { newestFirst, OLDER, UNREADABLE } from '../common/peek.ts'
import { Repeats } from '../common/repeats.ts'
import { PublishWindow } from '../common/window.ts'
import { Sight } from './sight.ts'
import { clientOf } from './wire.ts'

/** The adapter as it is; planted bugs replace parts of it. */
export interface Adapter {
  readonly requests: (requests: Requests) => Requests
  readonly store: (requests: Requests, clock: Clock, readBy: ReadBy) => SecretStore
}

export const realAdapter: Adapter = {
  requests: requests => requests,
  store: (requests, clock, readBy) => new GcpSecretStore(requests, clock, readBy),
}

export interface BackendOptions {
  readonly readBy: ReadBy
  readonly adapter?: Adapter
  /** All reads that may be old show the state of so many milliseconds ago. */
  readonly lag?: number
}

export const byAlias: ReadBy = { alias: 'current', previous: 'previous' }
const WEAKNESS = 'the publication as latest lands on what was added since the last look'

export class GcpBackend extends GcpSecretStore implements SimulatedStore {
  readonly events = []
  readonly fake: SecretManagerCore
  readonly repeats = new Repeats()
  readonly #options: BackendOptions
  readonly #clock: VirtualClock
  readonly #claims = new Claims()
  readonly #window = new PublishWindow(WEAKNESS)

  constructor(clock: VirtualClock, options: BackendOptions) {
    const fake = createSecretManager({ now: () => clock.now(), sleep: async () => {} })
    const requests = new Requests(clientOf({ fake, ask: undisturbed }), clock, { project: fake.projectId })
    super(requests, clock, options.readBy)
    this.fake = fake
    this.#clock = clock
    this.#options = options
  }

  get weakness(): string | undefined {
    return this.#window.weakness
  }

  seed(id: SecretId, value: SecretValue): void {
    const { readBy } = this.#options
    const aliases = readBy === 'latest' ? [] : [readBy.alias]
    this.fake.service.createSecret({ id, value: value.reveal(), aliases })
  }

  edit(id: SecretId, value: SecretValue): void {
    const { readBy } = this.#options
    const { service } = this.fake
    const number = service.putAsPerson(id, value.reveal())
    if (readBy === 'latest') return
    const versionAliases = { ...service.peek(id).aliases, [readBy.alias]: number }
    service.patchAsPerson(id, { versionAliases } as object)
  }

  seedForeignPending(): void {
    throw new Error('a version that nobody reads is nobody’s pending here')
  }

  connect(hub: Hub, worker: Worker): SecretStore {
    const { adapter = realAdapter, lag = 0, readBy } = this.#options
    const { fake } = this
    const ask = asking(hub, worker, this.#clock.now() + simulatedPolicy.runLife)
    const sight = new Sight(worker, this.#window, this.repeats, ID, () => (readBy === 'latest' ? this.#main() : []))
    const requests = new Requests(clientOf({ fake, ask, lag, sight }), this.#clock, { project: fake.projectId })
    return this.#claims.watched(adapter.store(adapter.requests(requests), this.#clock, readBy), worker)
  }

  peek(id: SecretId): SimulatedPeek {
    const { annotations, aliases, versions } = this.fake.service.peek(id)
    const { readBy } = this.#options
    const ledger = parseLedger(annotations[ANNOTATION], id)
    const number = readBy === 'latest' ? [...versions.keys()].at(-1)! : (aliases[readBy.alias] ?? 0)
    const current = this.#valueAt(mainVersion(number)) ?? UNREADABLE
    const { left, pending, previous, retiring } = ledger
    const recorded = left && this.#valueAt(left.version)
    const brought = pending && this.#valueAt(pending.version)
    // Published, and the record is behind: what it replaces is held all the same.
    const replaced = brought?.equals(current) ? pending?.base : previous
    const isLeft = left?.version === mainVersion(number) || recorded?.equals(current)
    const staged = [mainVersion(number), previous, pending?.version]
    const others = this.#everyVersion()
      .filter(version => !staged.includes(version.id))
      .filter(({ id }) => !isInSibling(id) || rotationOf(ledger, id) !== undefined)
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

  #main(): { id: number; value: string }[] {
    const { versions } = this.fake.service.peek(ID)
    return [...versions].map(([id, { value = '' }]) => ({ id, value }))
  }

  /** What can be read; in the sibling, what is in the envelope. */
  #valueAt(version: VersionId): SecretValue | undefined {
    const inSibling = isInSibling(version)
    const name = inSibling ? siblingOf(ID) : ID
    if (!this.fake.service.exists(name)) return undefined
    const found = this.fake.service.peek(name).versions.get(numberOf(version))
    if (found?.state !== 'ENABLED' || found.value === undefined) return undefined
    const value = SecretValue.of(found.value)
    return inSibling ? openEnvelope(value)?.value : value
  }

  #everyVersion(): { id: VersionId; createdAt: number }[] {
    const { service } = this.fake
    const named = (name: string, id: (number: number) => VersionId) =>
      service.exists(name)
        ? [...service.peek(name).versions].map(([number, { createdAt }]) => ({ id: id(number), createdAt }))
        : []
    return [...named(ID, mainVersion), ...named(siblingOf(ID), siblingVersion)]
  }
}
