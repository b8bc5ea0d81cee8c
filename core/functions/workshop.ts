/**
 * Everything that a function needs to work on the secrets of its configuration, kept while its process is warm.
 * @module
 */
import type { HookConfig } from '../config/hooks.ts'
import type { Config, EngineTargetConfig, SecretConfig, StoreConfig } from '../config/types.ts'
import type { Fleet, FleetStore } from '../fleet/fleet.ts'
import { adminLogin, adminOpener, wire } from '../fleet/wire.ts'
import { type CloudHooks, openHook } from '../hooks/open.ts'
import type { AdminTokens } from '../ports/admin-token.ts'
import type { AuditSink } from '../ports/audit-sink.ts'
import type { Clock } from '../ports/clock.ts'
import type { PromotionHook } from '../ports/promotion-hook.ts'
import type { RotationTarget } from '../ports/rotation-target.ts'
import type { Call, SecretId, SecretVersion } from '../ports/secret-store.ts'
import type { WebIdentities } from '../ports/web-identity.ts'
import type { Credential } from '../secret/credential.ts'

export interface FunctionStore extends FleetStore {
  /** Current. Absent: undefined. */
  get(id: SecretId, call: Call): Promise<SecretVersion | undefined>
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
  open(config: StoreConfig): Promise<Store>
  readonly engines: Engines
  /** Of the function's own cloud. */
  readonly hooks?: CloudHooks
  readonly tokens?: AdminTokens
  /** To sign in to another cloud with. */
  readonly identities?: WebIdentities
}

export class Workshop<Store extends FunctionStore = FunctionStore> {
  readonly config: Config
  readonly clock: Clock
  readonly #tools: Tools<Store>
  readonly #stores = new Map<string, Promise<Store>>()

  constructor(tools: Tools<Store>) {
    this.config = tools.config
    this.clock = tools.clock
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
    }
    const { config, clock } = this
    return { config, clock, store: openers.store, setup: name => wire(config, name, openers, clock) }
  }

  async #target(secret: SecretConfig): Promise<RotationTarget> {
    const { target } = secret
    if (target.kind === 'module') {
      const { loadTargetModule } = await import('../fleet/target-module.ts')
      return loadTargetModule(secret, target, this.clock)
    }
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
