// Secrets Manager as the store of a simulated world: the fake service, the real adapter, and what a person does there.

import { isRetiringLabel, isTurnOf, turnOf } from '../../../aws/labels.ts'
import type { Requests } from '../../../aws/requests.ts'
import { AwsSecretStore } from '../../../aws/secret-store.ts'
import { StepStore } from '../../../aws/step-store.ts'
import type { Clock } from '../../../core/ports/clock.ts'
import type { RotationId, SecretId, SecretStore, VersionId } from '../../../core/ports/secret-store.ts'
import { isOwnName } from '../../../core/rotation/ids.ts'
import { SecretValue } from '../../../core/secret/secret-value.ts'
import type { Hub, VirtualClock, Worker } from '../../../core/testing/simulation/hub.ts'
import type { SimulatedPeek, SimulatedStore } from '../../../core/testing/simulation/store.ts'
import { ID, simulatedPolicy } from '../../../core/testing/simulation/world.ts'
import { createSecretsManager, type PeekedVersion, type SecretsManagerCore } from '../../fakes/aws/secrets-manager.ts'
import { requestsOf, type WireOptions } from './wire.ts'

type ManagedRotation = ConstructorParameters<typeof StepStore>[2]
type Version = PeekedVersion & { readonly id: string }

/** The adapter as it is; planted bugs replace parts of it. */
export interface Adapter {
  readonly requests: (requests: Requests) => Requests
  readonly store: (requests: Requests, clock: Clock) => SecretStore
  readonly steps: (requests: Requests, clock: Clock, managed: ManagedRotation) => SecretStore
}

export const realAdapter: Adapter = {
  requests: requests => requests,
  store: (requests, clock) => new AwsSecretStore(requests, clock),
  steps: (requests, clock, managed) => new StepStore(requests, clock, managed),
}

export interface BackendOptions {
  readonly adapter?: Adapter
  /** How often the SDK sends a request that is not answered. Default: once. */
  readonly attempts?: number
  /** All reads show the state of so many milliseconds ago. */
  readonly lag?: number
}

/** Versions without a stage that recovery tries: `core/rotation/recover.ts`. */
const OLDER = 3

export class AwsBackend extends AwsSecretStore implements SimulatedStore {
  readonly events = []
  readonly fake: SecretsManagerCore
  /** Tokens of the service's rotations: versions of that id are ours, whatever labels they have. */
  readonly tokens = new Set<string>()
  /** What was current because of a rotation. */
  readonly promoted = new Set<string>()
  readonly #options: BackendOptions
  readonly #clock: VirtualClock
  /** Promoted by a request that landed late, and no process has been started since: the next one records it. */
  #unseen: string | undefined
  #current: string | undefined
  #replaced: string | undefined

  constructor(clock: VirtualClock, options: BackendOptions = {}) {
    const fake = createSecretsManager({ now: () => clock.now(), random: numbers(), sleep: async () => {} })
    super(requestsOf(wire(fake, clock, options)), clock)
    this.fake = fake
    this.#clock = clock
    this.#options = options
  }

  seed(id: SecretId, value: SecretValue): void {
    this.fake.service.createSecret({ name: id, value: value.reveal() })
  }

  edit(id: SecretId, value: SecretValue): void {
    this.fake.service.putAsPerson(id, value.reveal())
    this.#follow(this.#versions(id))
  }

  seedForeignPending(id: SecretId, value: SecretValue): void {
    this.fake.service.putAsPerson(id, value.reveal(), ['AWSPENDING'])
  }

  connect(hub: Hub, worker: Worker): SecretStore {
    const { requests, store } = this.#adapter
    return store(requests(this.#requests(hub, worker)), this.#clock)
  }

  /** The store of one invocation of a rotation function. */
  connectStep(hub: Hub, worker: Worker, managed: ManagedRotation): SecretStore {
    const { requests, steps } = this.#adapter
    return steps(requests(this.#requests(hub, worker)), this.#clock, managed)
  }

  /**
   * Judged by the labels and by what was seen to replace what, not by the adapter. Pending is what AWSPENDING names. A version
   * that has lost it counts for promise 1 only where the engine's own recovery would try it: that is `others`.
   */
  peek(id: SecretId): SimulatedPeek {
    const versions = this.#versions(id)
    const current = this.#follow(versions)
    const holder = versions.find(({ stages }) => stages.includes('AWSPENDING'))
    const claimed = holder !== undefined && (holder.stages.some(isRetiringLabel) || holder.id === this.#replaced)
    const pending = holder && !claimed && isLive(holder, versions) ? holder : undefined
    const replaced = versions.find(v => v.id === this.#replaced && v.id !== current.id)
    const previous = replaced?.stages.includes('LOCKSTEP_RETIRED') ? undefined : replaced
    const others = versions.filter(v => v.value && v !== current && v !== pending && v !== previous)
    return {
      current: SecretValue.of(current.value!),
      pending: secretOf(pending),
      previous: secretOf(previous),
      rotation: this.#isOurs(current.id) && current.id !== this.#unseen ? (current.id as RotationId) : undefined,
      pendingRotation: pending && (pending.id as RotationId),
      retiring: claimed,
      others: others.slice(-OLDER).map(v => SecretValue.of(v.value!)),
    }
  }

  labelsOf(id: SecretId): ReadonlyMap<string, readonly string[]> {
    return new Map(this.#versions(id).map(version => [version.id, version.stages]))
  }

  get #adapter(): Adapter {
    return this.#options.adapter ?? realAdapter
  }

  #requests(hub: Hub, worker: Worker): Requests {
    this.#unseen = undefined
    const options: WireOptions = {
      ...wire(this.fake, this.#clock, this.#options),
      landing: async land => {
        const before = this.#current
        const answer = await land()
        const { id } = this.#follow(this.#versions(ID))
        if (id !== before) this.#unseen = id
        return answer
      },
    }
    return requestsOf(options, hub, worker)
  }

  #versions(id: SecretId): Version[] {
    return [...this.fake.service.peek(id).versions].map(([version, peeked]) => ({ ...peeked, id: version }))
  }

  #isOurs(version: string): boolean {
    return isOwnName(version) || this.tokens.has(version)
  }

  /** What a rotation replaces is previous until the next one, or until it is ended; an edit replaces nothing. */
  #follow(versions: readonly Version[]): Version {
    const current = versions.find(({ stages }) => stages.includes('AWSCURRENT'))!
    if (current.id !== this.#current && this.#current !== undefined && this.#isOurs(current.id))
      this.#replaced = this.#current
    this.#current = current.id
    if (this.#isOurs(current.id)) this.promoted.add(current.id)
    return current
  }
}

const wire = (
  fake: SecretsManagerCore,
  clock: VirtualClock,
  { attempts = 1, lag = 0 }: BackendOptions,
): WireOptions => ({
  fake,
  clock,
  attempts,
  lag,
  deadline: clock.now() + simulatedPolicy.runLife,
})

/** AWSPENDING means nothing on a version that was promoted, is empty, or of which another one says that it was discarded. */
function isLive({ id, stages, value }: Version, versions: readonly Version[]): boolean {
  if (!value || stages.includes('AWSCURRENT') || stages.includes('AWSPREVIOUS')) return false
  return !versions.some(v => v.id !== id && v.stages.some(label => isTurnOf(turnOf(label), id as VersionId)))
}

const secretOf = (version: Version | undefined): SecretValue | undefined =>
  version?.value === undefined ? undefined : SecretValue.of(version.value)

/** The same numbers in every episode. */
function numbers(): () => number {
  let seed = 1
  return () => {
    seed = (seed * 48_271) % 2_147_483_647
    return seed / 2_147_483_647
  }
}
