/**
 * From a configuration to wired secrets: the only place that knows every adapter. Each is loaded when it is first needed.
 * @module
 */
import { existsSync, statSync } from 'node:fs'
import type { AwsNativeReplica } from '../aws/native-replica.ts'
import type { Actor, AuditEvent } from '../core/audit/event.ts'
import type { HookConfig } from '../core/config/hooks.ts'
import type { Config, EngineTargetConfig, EpochsConfig, KeySource, SecretConfig } from '../core/config/types.ts'
import { RotationError } from '../core/errors.ts'
import { bounded } from '../core/federation/bounded.ts'
import { homeOf, leaderHome, signsIn } from '../core/federation/home.ts'
import { loadTargetModule } from '../core/fleet/target-module.ts'
import { adminLogin, adminOpener, readText, secretOf, wire } from '../core/fleet/wire.ts'
import { openHook } from '../core/hooks/open.ts'
import type { AuditSink } from '../core/ports/audit-sink.ts'
import { type Clock, systemClock } from '../core/ports/clock.ts'
import type { LeaderRegister } from '../core/ports/leader-register.ts'
import type { PromotionHook } from '../core/ports/promotion-hook.ts'
import type { Acceptance, RotationTarget, TargetCall } from '../core/ports/rotation-target.ts'
import type { SecretId } from '../core/ports/secret-store.ts'
import type { IdentityCall } from '../core/ports/web-identity.ts'
import { deferredRegister } from '../core/replication/deferred-register.ts'
import { nativeStores } from '../core/replication/native-stores.ts'
import type { Replication } from '../core/replication/replication.ts'
import { storeRegister } from '../core/replication/store-register.ts'
import { wireReplication } from '../core/replication/wire.ts'
import type { RotationSetup } from '../core/rotation/setup.ts'
import type { Credential, ValueShape } from '../core/secret/credential.ts'
import { type FingerprintKey, parseKey } from '../core/secret/fingerprint.ts'
import { valueShape } from '../core/secret/shape.ts'
import { type ConfiguredSink, configuredSinks, type Streams } from './audit-sinks.ts'
import { cloudHooks, cloudTokens } from './clouds.ts'
import type { SignInPlaces } from './identities.ts'
import { explained } from './register.ts'
import {
  type Opening,
  type OpenStore,
  openBlobRegister,
  openNative,
  openStore,
  storeExists,
  type Trail,
  trySignIn,
} from './stores.ts'

interface Surroundings {
  readonly streams: Streams
  readonly env: Readonly<Record<string, string | undefined>>
  readonly signInPlaces?: SignInPlaces | undefined
}

type BlobPlace = Extract<EpochsConfig, { readonly blob: unknown }>['blob']

export type Recorded = Pick<AuditEvent, 'event_type' | 'result' | 'metadata'>

/** One endpoint of a target, to be asked alone. */
export interface Door {
  readonly endpoint: string
  accepts(credential: Credential, call: TargetCall): Promise<Acceptance>
}

export class Workspace {
  readonly config: Config
  readonly clock: Clock
  readonly #env: Surroundings['env']
  readonly #signInPlaces: SignInPlaces | undefined
  readonly #stores = new Map<string, Promise<OpenStore>>()
  readonly #natives = new Map<string, Promise<AwsNativeReplica>>()
  readonly #sinks: readonly ConfiguredSink[]

  constructor(
    config: Config,
    clock: Clock = systemClock,
    { streams, env, signInPlaces }: Surroundings = { ...process, streams: process },
  ) {
    this.config = config
    this.clock = clock
    this.#env = env
    this.#signInPlaces = signInPlaces
    this.#sinks = configuredSinks(config.audit, streams)
  }

  /** The secret with everything it needs, for the member that leads or the one named. Unknown name: `usage`. */
  async setup(name: string, member?: string): Promise<RotationSetup> {
    return wire(this.config, name, this.#openers, this.clock, member)
  }

  /** Its members and the register of who leads; none of them is asked anything. Without followers: undefined. */
  async members(name: string): Promise<Replication | undefined> {
    const secret = this.secret(name)
    const wired = await wireReplication(this.config, secret, this.#openers, this.clock, secret.store)
    return wired?.replication
  }

  get #openers() {
    return {
      store: (store: string) => this.store(store),
      target: (secret: SecretConfig) => this.target(secret),
      audit: (store: OpenStore) => this.audit(store),
      hook: (hook: HookConfig) => this.#hook(hook),
      replication: {
        register: (epochs: EpochsConfig) => this.#register(epochs),
        native: (store: string) => this.#native(store),
      },
    }
  }

  secret(name: string): SecretConfig {
    return secretOf(this.config, name)
  }

  shape({ value, user }: Pick<SecretConfig, 'value' | 'user'>): ValueShape {
    return valueShape(value, user)
  }

  /** Whether the store is there: before the first value is put, its file is not. */
  hasStore(name: string): boolean {
    return storeExists(this.config.stores.get(name)!)
  }

  /** A store by its name in the configuration; `create` makes an absent local one. Opened once. */
  store(name: string, create = false): Promise<OpenStore> {
    const opened = this.#stores.get(name) ?? openStore(this.config.stores.get(name)!, this.#opening(name, create))
    this.#stores.set(name, opened)
    return opened
  }

  /** The stores that sign in with a token of another cloud. */
  get federated(): readonly string[] {
    return [...this.config.stores].filter(([, store]) => signsIn(store, homeOf(this.#env))).map(([name]) => name)
  }

  /** Signs in there, and asks nothing else. Refused: which leg, and what to look at. */
  signIn(name: string, call: IdentityCall): Promise<void> {
    return bounded(call, this.clock, () => trySignIn(this.config.stores.get(name)!, this.#opening(name, false)))
  }

  #opening(name: string, create: boolean): Opening {
    const home = homeOf(this.#env) ?? leaderHome(this.config, name)
    const native = nativeStores(this.config, name)
    const replicas = (id: SecretId) => Promise.all((native.get(id) ?? []).map(store => this.#native(store)))
    return {
      ...{ clock: this.clock, env: this.#env, create, home, signInPlaces: this.#signInPlaces },
      ...(native.size > 0 && { replicas }),
    }
  }

  /** A store as a place that another region copies to. Opened once. */
  #native(name: string): Promise<AwsNativeReplica> {
    const opened = this.#natives.get(name) ?? openNative(this.config.stores.get(name)!, this.#opening(name, false))
    this.#natives.set(name, opened)
    return opened
  }

  /** The trail of the store, if it keeps one, and the sinks of the configuration. */
  audit({ audit: own }: OpenStore): AuditSink {
    const mirror = async (event: AuditEvent) => {
      for (const sink of this.#sinks) await sink.write(event)
    }
    return {
      write: async event => {
        await own?.write(event)
        await mirror(event)
      },
      mirror,
    }
  }

  /** Something that a command did without the engine. */
  async record(name: string, { actor }: { readonly actor: Actor }, event: Recorded): Promise<void> {
    const audit = this.audit(await this.store(this.secret(name).store))
    const timestamp = new Date(this.clock.now()).toISOString()
    await audit.write({
      schema: 1,
      timestamp,
      secret_id: name,
      secret_version: {},
      actor,
      duration_ms: 0,
      ...event,
    })
  }

  /** Before a change that only the sinks will have on record: that they can take it. */
  async recordable(): Promise<void> {
    for (const sink of this.#sinks) await sink.ready()
  }

  /** Where the events of a store can be read back: from itself, or from a file. Neither: undefined. */
  trail({ audit: own }: OpenStore): Trail | undefined {
    return own ?? this.#sinks.find(({ trail }) => trail)?.trail
  }

  /** Absent from the configuration: undefined. Missing, exposed or no key: throws. */
  get fingerprintKey(): FingerprintKey | undefined {
    const source = this.config.fingerprintKey
    return source && parseKey(keyText(source, this.#env))
  }

  async close(): Promise<void> {
    for (const store of [...this.#stores.values(), ...this.#natives.values()])
      await (await store.catch(() => undefined))?.close()
  }

  #register(epochs: EpochsConfig): LeaderRegister {
    if ('blob' in epochs) return this.#blobRegister(epochs.blob)
    const { store } = epochs
    return explained(
      storeRegister(() => this.store(store, true), this.config.deployment),
      () => this.hasStore(store),
    )
  }

  #blobRegister(blob: BlobPlace): LeaderRegister {
    const opening = { clock: this.clock, env: this.#env, create: false, signInPlaces: this.#signInPlaces }
    const open = () => openBlobRegister(this.config, blob, { ...opening, home: homeOf(this.#env) })
    return explained(deferredRegister(open), () => true)
  }

  async target(secret: SecretConfig): Promise<RotationTarget> {
    const { target } = secret
    return target.kind === 'module' ? loadTargetModule(secret, target, this.clock) : this.#engine(secret, target)
  }

  /** Each endpoint of a target by itself: one that does not answer must not hide what the others say. */
  async doors(secret: SecretConfig): Promise<readonly Door[]> {
    const { target } = secret
    if (target.kind === 'module') {
      const whole = await this.target(secret)
      return [{ endpoint: whole.endpoints.join(', '), accepts: (credential, call) => whole.accepts(credential, call) }]
    }
    return Promise.all(
      target.endpoints.map(async endpoint => {
        const alone = { ...target, endpoints: [{ ...endpoint, role: 'writer' }] } as EngineTargetConfig
        const door = await this.#engine(secret, alone)
        return { endpoint: endpoint.name, accepts: (credential, call) => door.accepts(credential, call) } satisfies Door
      }),
    )
  }

  async #engine(secret: SecretConfig, target: EngineTargetConfig): Promise<RotationTarget> {
    const { openTarget } = await import('../core/targets/engines.ts')
    const login = adminOpener(target, { store: name => this.store(name), tokens: cloudTokens(this.clock) }, this.clock)
    return openTarget({ deployment: this.config.deployment, secret, target, admin: login }, this.clock)
  }

  #hook(hook: HookConfig): Promise<PromotionHook> {
    const { clock } = this
    return openHook(hook, {
      clouds: cloudHooks(clock),
      env: this.#env,
      clock,
      key: async key => (await adminLogin(await this.store(key.store), key, clock)).password,
    })
  }
}

function keyText(source: KeySource, env: Surroundings['env']): string {
  if ('env' in source) {
    const text = env[source.env]
    if (!text) throw new RotationError('key-missing', `The variable ${source.env} is not set.`, { at: source.env })
    return text
  }
  const { file } = source
  if (!existsSync(file)) throw new RotationError('key-missing', `The key file ${file} does not exist.`, { at: file })
  if (process.platform !== 'win32' && (statSync(file).mode & 0o077) !== 0)
    throw new RotationError('key-exposed', `The key file ${file} can be read by others.`, { at: file })
  return readText(file, 'key file')
}
