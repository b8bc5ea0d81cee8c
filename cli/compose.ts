/**
 * From a configuration to wired secrets: the only place that knows every adapter. Each is loaded when it is first needed.
 * @module
 */
import { existsSync, readFileSync, statSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import type { AuditEvent } from '../core/audit/event.ts'
import type { AdminConfig, Config, KeySource, PostgresTargetConfig, SecretConfig } from '../core/config/types.ts'
import { RotationError } from '../core/errors.ts'
import type { AuditSink } from '../core/ports/audit-sink.ts'
import { type Clock, systemClock } from '../core/ports/clock.ts'
import type { RotationTarget } from '../core/ports/rotation-target.ts'
import type { Call } from '../core/ports/secret-store.ts'
import type { RotationPolicy, RotationSetup } from '../core/rotation/setup.ts'
import type { Credential } from '../core/secret/credential.ts'
import { type FingerprintKey, parseKey } from '../core/secret/fingerprint.ts'
import { generatePassword } from '../core/secret/generate.ts'
import { valueShape } from '../core/secret/shape.ts'
import type { LocalStore } from '../local/index.ts'
import { configuredSinks } from './audit-sinks.ts'

/** Of a run, what set, test, promote and undo may take at most. */
const CUTOVER_MS = 10_000

export class Workspace {
  readonly config: Config
  readonly clock: Clock
  readonly #stores = new Map<string, Promise<LocalStore>>()
  readonly #sinks: readonly AuditSink[]

  constructor(config: Config, clock: Clock = systemClock) {
    this.config = config
    this.clock = clock
    this.#sinks = configuredSinks(config.audit)
  }

  /** The secret with everything it needs. Unknown name: `config-invalid`. Nothing is connected yet. */
  async setup(name: string): Promise<RotationSetup> {
    const secret = this.secret(name)
    const store = await this.store(secret.store)
    return {
      secret: name,
      id: secret.id,
      store,
      target: await this.#target(secret),
      shape: valueShape(secret.value, secret.user),
      policy: policyOf(secret),
      clock: this.clock,
      audit: this.audit(store),
      generate: () => generatePassword(secret.password),
    }
  }

  secret(name: string): SecretConfig {
    const secret = this.config.secrets.get(name)
    if (secret) return secret
    const known = [...this.config.secrets.keys()].join(', ') || 'none'
    throw new RotationError('config-invalid', `No secret is called ${name}; configured: ${known}.`, { secret: name })
  }

  /** A store by its name in the configuration; `create` makes an absent local one. Opened once. */
  store(name: string, create = false): Promise<LocalStore> {
    const opened = this.#stores.get(name) ?? this.#openStore(name, create)
    this.#stores.set(name, opened)
    return opened
  }

  /** The trail of the store, and the sinks of the configuration. */
  audit(store: LocalStore): AuditSink {
    const mirror = async (event: AuditEvent) => {
      for (const sink of this.#sinks) await sink.write(event)
    }
    return {
      write: async event => {
        await store.audit.write(event)
        await mirror(event)
      },
      mirror,
    }
  }

  /** Absent from the configuration: undefined. */
  get fingerprintKey(): FingerprintKey | undefined {
    const source = this.config.fingerprintKey
    return source && parseKey(keyText(source))
  }

  async close(): Promise<void> {
    for (const store of this.#stores.values()) (await store.catch(() => undefined))?.close()
  }

  async #openStore(name: string, create: boolean): Promise<LocalStore> {
    const { file, key } = this.config.stores.get(name)!
    const { openLocalStore } = await import('../local/index.ts')
    return openLocalStore({ file, key: 'env' in key ? { variable: key.env } : key, clock: this.clock, create })
  }

  async #target(secret: SecretConfig): Promise<RotationTarget> {
    const { target } = secret
    if (target.kind === 'postgres') return this.#postgres(secret, target)
    const options = { ...target.options, strategy: secret.strategy, users: secret.users }
    return loadTargetModule(target.module, options, this.clock)
  }

  async #postgres(secret: SecretConfig, target: PostgresTargetConfig): Promise<RotationTarget> {
    const { createPostgresTarget } = await import('../core/targets/postgres/index.ts')
    const { admin, endpoints, tls, ownerRole, probes, adopt, hash } = target
    const strategy = secret.strategy === 'single-user' ? 'single-user' : 'alternating-users'
    const { users } = secret
    const owner = `lockstep:${this.config.deployment}/${secret.name}`
    const trust = { ...tls, ca: tls.ca === undefined ? undefined : readText(tls.ca, 'CA file') }
    const login = admin && (() => this.#admin(admin))
    const options = {
      strategy,
      users,
      ownerRole,
      endpoints,
      tls: trust,
      probes,
      admin: login,
      owner,
      adopt,
      hash,
    } as const
    return createPostgresTarget(options, this.clock)
  }

  async #admin({ store: name, id, value, user }: AdminConfig): Promise<Credential> {
    const store = await this.store(name)
    const call: Call = { signal: new AbortController().signal, deadline: this.clock.now() + CUTOVER_MS, run: {} }
    const current = await store.get(id, call)
    if (!current || current.value === 'disabled')
      throw new RotationError('secret-not-found', `The store ${name} has no admin secret ${id}.`, { at: id })
    return valueShape(value, user).read(current.value)
  }
}

function policyOf(secret: SecretConfig): RotationPolicy {
  const { interval, window, grace, consumers, runLife, replicaLag, settle, retryBudget, idleSessions, manual } = secret
  return {
    ...(interval !== undefined && { interval }),
    ...(window && { window }),
    cutover: Math.min(CUTOVER_MS, runLife / 2),
    ...{ grace, consumers, runLife, replicaLag, settle, retryBudget, idleSessions, manual },
  }
}

/** What a target module exports: see CONTRIBUTING, "A target of your own". */
export interface TargetModule {
  createTarget(options: Readonly<Record<string, unknown>>, deps: { now(): number }): RotationTarget
}

export async function loadTargetModule(
  file: string,
  options: Readonly<Record<string, unknown>>,
  clock: Clock,
): Promise<RotationTarget> {
  const module = (await importModule(file)) as Partial<TargetModule>
  if (typeof module.createTarget !== 'function')
    throw new RotationError('config-invalid', `The target module ${file} exports no function createTarget.`, {
      at: file,
    })
  return module.createTarget(options, clock)
}

export async function importModule(file: string): Promise<object> {
  if (!existsSync(file))
    throw new RotationError('config-invalid', `The target module ${file} does not exist.`, { at: file })
  try {
    return (await import(pathToFileURL(file).href)) as object
  } catch {
    throw new RotationError('config-invalid', `The target module ${file} cannot be loaded.`, { at: file })
  }
}

function readText(file: string, what: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    throw new RotationError('config-invalid', `The ${what} ${file} cannot be read.`, { at: file })
  }
}

function keyText(source: KeySource): string {
  if ('env' in source) {
    const text = process.env[source.env]
    if (!text) throw new RotationError('key-missing', `The variable ${source.env} is not set.`, { at: source.env })
    return text
  }
  const { file } = source
  if (!existsSync(file)) throw new RotationError('key-missing', `The key file ${file} does not exist.`, { at: file })
  if (process.platform !== 'win32' && (statSync(file).mode & 0o077) !== 0)
    throw new RotationError('key-exposed', `The key file ${file} can be read by others.`, { at: file })
  return readText(file, 'key file')
}
