/**
 * Everything that a function needs to work on the secrets of its configuration, kept while its process is warm.
 * @module
 */
import type { HookConfig } from '../config/hooks.ts'
import type {
  AwsStoreConfig,
  Config,
  EngineTargetConfig,
  EpochsConfig,
  SecretConfig,
  StoreConfig,
} from '../config/types.ts'
import { RotationError } from '../errors.ts'
import type { Fleet, FleetStore } from '../fleet/fleet.ts'
import { adminAt, type MemberName, memberIn, ofMember } from '../fleet/member.ts'
import { adminLogin, adminOpener, wire } from '../fleet/wire.ts'
import { type CloudHooks, openHook } from '../hooks/open.ts'
import type { AdminTokens } from '../ports/admin-token.ts'
import type { AuditSink } from '../ports/audit-sink.ts'
import type { Clock } from '../ports/clock.ts'
import type { LeaderRegister } from '../ports/leader-register.ts'
import type { NativeReplica } from '../ports/native-replica.ts'
import type { PromotionHook } from '../ports/promotion-hook.ts'
import type { RotationTarget } from '../ports/rotation-target.ts'
import type { Call, SecretId, SecretVersion } from '../ports/secret-store.ts'
import { deferredRegister } from '../replication/deferred-register.ts'
import { storeRegister } from '../replication/store-register.ts'
import type { Credential } from '../secret/credential.ts'
import type { SecretValue } from '../secret/secret-value.ts'

export interface FunctionStore extends FleetStore {
  /** Current. Absent: undefined. */
  get(id: SecretId, call: Call): Promise<SecretVersion | undefined>
  /** Creates the secret, or is a person's edit: consumers read it at once. */
  put(id: SecretId, value: SecretValue, call: Call): Promise<unknown>
}

/** The engines, loaded when the first run needs one. */
export type Engines = () => Promise<{ openTarget(order: EngineOrder, clock: Clock): Promise<RotationTarget> }>

interface EngineOrder {
  readonly deployment: string
  readonly secret: SecretConfig
  readonly target: EngineTargetConfig
  readonly admin: (() => Promise<Credential>) | undefined
}

export interface Tools<Store extends FunctionStore> {
  readonly config: Config
  readonly clock: Clock
  /** Whom the deployment acts for; see `Fleet`. */
  readonly member?: MemberName
  open(config: StoreConfig): Promise<Store>
  readonly engines: Engines
  /** A register in a container of Blob storage. Absent: not from here. */
  readonly blobRegister?: (config: Config, place: BlobPlace) => Promise<LeaderRegister>
  /** Of a store that Secrets Manager copies to. Absent: not from here. */
  readonly native?: (config: AwsStoreConfig) => Promise<NativeReplica>
  /** Of the function's own cloud. */
  readonly hooks?: CloudHooks
  readonly tokens?: AdminTokens
}

export type BlobPlace = Extract<EpochsConfig, { blob: unknown }>['blob']

export class Workshop<Store extends FunctionStore = FunctionStore> {
  /** With the secrets of this deployment's member only. */
  readonly config: Config
  readonly clock: Clock
  readonly member: MemberName
  readonly #tools: Tools<Store>
  readonly #stores = new Map<string, Promise<Store>>()
  #register: LeaderRegister | undefined

  /** No secret has such a member: `config-invalid`. */
  constructor(tools: Tools<Store>) {
    this.config = ofMember(tools.config, tools.member)
    this.clock = tools.clock
    this.member = tools.member
    this.#tools = tools
  }

  /** By its name in the configuration. One that could not be opened is tried again at the next call. */
  store(name: string): Promise<Store> {
    const known = this.#stores.get(name)
    if (known) return known
    const opened = this.#tools.open(this.config.stores.get(name)!)
    this.#stores.set(name, opened)
    opened.catch(() => this.#stores.delete(name))
    return opened
  }

  /** As one invocation sees it: what happens is put on record there. */
  fleet(audit: AuditSink): Fleet {
    const openers = {
      store: (name: string) => this.store(name),
      target: (secret: SecretConfig) => this.#target(secret),
      audit: () => audit,
      hook: (config: HookConfig) => this.#hook(config),
      replication: { register: () => this.register(), ...this.#native() },
    }
    const { config, clock, member } = this
    const setup = (name: string) => {
      const secret = config.secrets.get(name)
      return wire(config, name, openers, clock, secret && memberIn(secret, member))
    }
    return { config, clock, member, store: openers.store, register: () => this.register(), setup }
  }

  /** Where it is written who leads. */
  register(): LeaderRegister {
    this.#register ??= this.#openRegister()
    return this.#register
  }

  #openRegister(): LeaderRegister {
    const { epochs, deployment } = this.config
    if (epochs && 'store' in epochs) return storeRegister(() => this.store(epochs.store), deployment)
    const { blobRegister, config } = this.#tools
    if (epochs && blobRegister) return deferredRegister(() => blobRegister(config, epochs.blob))
    throw new RotationError(
      'config-invalid',
      'Who leads cannot be read from here: `epochs:` names no store that can be reached.',
      {
        at: 'epochs',
      },
    )
  }

  #native() {
    const { native } = this.#tools
    if (!native) return {}
    return { native: (name: string) => native(this.config.stores.get(name) as AwsStoreConfig) }
  }

  async #target(secret: SecretConfig): Promise<RotationTarget> {
    if (secret.target.kind === 'module') {
      const { loadTargetModule } = await import('../fleet/target-module.ts')
      return loadTargetModule(secret, secret.target, this.clock)
    }
    const target = adminAt(secret.target, this.config, this.member)
    const { openTarget } = await this.#tools.engines()
    const { tokens = {} } = this.#tools
    const login = adminOpener(target, { store: name => this.store(name), tokens }, this.clock)
    return openTarget({ deployment: this.config.deployment, secret, target, admin: login }, this.clock)
  }

  #hook(config: HookConfig): Promise<PromotionHook> {
    const { clock } = this
    const { hooks: clouds = {} } = this.#tools
    // Nothing but the function itself is deployed with it: no commands.
    return openHook(config, {
      clouds,
      clock,
      key: async key => (await adminLogin(await this.store(key.store), key, clock)).password,
    })
  }
}
