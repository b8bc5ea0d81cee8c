/**
 * The secrets of a `lockstep.yml` as a function reaches them: through Secrets Manager. Kept while the process is warm.
 * @module
 */
import { readFileSync } from 'node:fs'
import type { Config, SecretConfig } from '../core/config/types.ts'
import { RotationError } from '../core/errors.ts'
import type { Fleet } from '../core/fleet/fleet.ts'
import { adminLogin, postgresOptions, wire } from '../core/fleet/wire.ts'
import type { AuditSink } from '../core/ports/audit-sink.ts'
import type { Clock } from '../core/ports/clock.ts'
import type { RotationTarget } from '../core/ports/rotation-target.ts'
import type { FunctionSettings } from './function-settings.ts'
import { type AwsStoreOptions, openAwsStore } from './index.ts'
import type { AwsSecretStore } from './secret-store.ts'

export type OpenStore = (options: AwsStoreOptions) => Promise<AwsSecretStore>

export class AwsFleet {
  readonly config: Config
  readonly clock: Clock
  readonly #open: OpenStore
  readonly #stores = new Map<string, Promise<AwsSecretStore>>()

  constructor(config: Config, clock: Clock, open: OpenStore = openAwsStore) {
    requireReachable(config)
    this.config = config
    this.clock = clock
    this.#open = open
  }

  /** For one invocation: what it does goes on record in its own log. */
  recordedBy(audit: AuditSink): Fleet {
    const store = (name: string) => this.store(name)
    const openers = { store, target: (secret: SecretConfig) => this.#target(secret), audit: () => audit }
    const { config, clock } = this
    return { config, clock, store, setup: name => wire(config, name, openers, clock) }
  }

  store(name: string): Promise<AwsSecretStore> {
    const known = this.#stores.get(name)
    if (known) return known
    const config = this.config.stores.get(name)
    if (config?.kind !== 'aws') throw unreachable(name, config?.kind)
    const { region, endpoint, role } = config
    const opening = this.#open({ region, endpoint, role, clock: this.clock })
    this.#stores.set(name, opening)
    opening.catch(() => this.#stores.delete(name))
    return opening
  }

  async #target(secret: SecretConfig): Promise<RotationTarget> {
    const { target } = secret
    if (target.kind === 'module') {
      const { loadTargetModule } = await import('../core/fleet/target-module.ts')
      return loadTargetModule(secret, target, this.clock)
    }
    const { createPostgresTarget } = await import('../core/targets/postgres/index.ts')
    const options = postgresOptions(this.config, secret, target, async admin =>
      adminLogin(await this.store(admin.store), admin, this.clock),
    )
    return createPostgresTarget(options, this.clock)
  }
}

/** Absent, wrong, or with secrets that this function cannot reach: `config-invalid`. `beside`: where it is looked for. */
export async function readConfig({ config, environment }: FunctionSettings, beside: string): Promise<Config> {
  const file = config ?? beside
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch {
    throw new RotationError('config-invalid', `The configuration ${file} cannot be read.`, {
      at: file,
      next: 'Deploy lockstep.yml beside the bundle, or name it in LOCKSTEP_CONFIG.',
    })
  }
  const { loadConfig } = await import('../core/config/load.ts')
  return loadConfig(text, { fileName: file, environment })
}

/** A store that nobody's secret is in may be another function's. */
function requireReachable({ stores, secrets }: Config): void {
  for (const { store, target } of secrets.values()) {
    const admin = target.kind === 'postgres' ? target.admin?.store : undefined
    for (const name of [store, ...(admin === undefined ? [] : [admin])])
      if (stores.get(name)?.kind !== 'aws') throw unreachable(name, stores.get(name)?.kind)
  }
}

const unreachable = (name: string, kind = 'unknown'): RotationError =>
  new RotationError(
    'config-invalid',
    `This function reaches AWS Secrets Manager; the store ${name} is of kind ${kind}.`,
    {
      at: name,
      next: 'Deploy it with the secrets of its own cloud: a lockstep.yml of its own, or an environment of it (LOCKSTEP_ENVIRONMENT).',
    },
  )
