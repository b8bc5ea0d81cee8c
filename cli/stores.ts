/**
 * Stores of every kind behind one interface: what commands need of a store beyond the engine's port. Each kind is loaded when
 * a store of it is opened; who keeps values in a file never loads the SDK of a cloud.
 * @module
 */
import { existsSync } from 'node:fs'
import type { AuditEvent } from '../core/audit/event.ts'
import type { AwsStoreConfig, LocalStoreConfig, StoreConfig } from '../core/config/types.ts'
import type { AuditSink } from '../core/ports/audit-sink.ts'
import type { Clock } from '../core/ports/clock.ts'
import type { Call, SecretId, SecretStore, SecretVersion } from '../core/ports/secret-store.ts'
import type { SecretValue } from '../core/secret/secret-value.ts'

/** The audit events of one secret, oldest first; only the newest so many. */
export interface Trail {
  events(filter: { readonly secret: string; readonly limit: number }): Promise<readonly AuditEvent[]>
}

/** What people should know about a secret that the port has no words for. */
export interface StoreFacts {
  /** The store itself begins the rotations of this secret: the commands that ask it to, and to stop. */
  readonly rotatedBy?: { readonly name: string; readonly command: string; readonly stop: string }
  /** Why nobody can rotate this one here. */
  readonly untouchable?: string
  /** A claim that no rotation holds; `clearStray` takes it away. */
  readonly stray?: { readonly version: string; readonly explanation: string; readonly command: string }
  /** A pending version of somebody else's. */
  readonly foreign?: { readonly version: string; readonly command: string }
}

export interface OpenStore extends SecretStore {
  /** Current. Absent: undefined. */
  get(id: SecretId, call: Call): Promise<SecretVersion | undefined>
  /** Creates the secret, or is a person's edit: consumers read it at once. */
  put(id: SecretId, value: SecretValue, call: Call): Promise<SecretVersion>
  /** Absent secret: undefined. Absent method: there is nothing to know. */
  facts?(id: SecretId, call: Call): Promise<StoreFacts | undefined>
  /** Takes a stray claim away, if it still is one: answers whether it did. */
  clearStray?(id: SecretId, call: Call): Promise<boolean>
  close(): void
  /** The trail that the store itself keeps. Absent: what has to be on record goes to the sinks of the configuration. */
  readonly audit?: AuditSink & Trail
}

interface Opening {
  readonly clock: Clock
  readonly env: Readonly<Record<string, string | undefined>>
  /** Whether an absent store is made, where that is possible. */
  readonly create: boolean
}

/** Nothing is asked of a cloud yet. A library that is missing: `driver-missing`. */
export function openStore(config: StoreConfig, opening: Opening): Promise<OpenStore> {
  return config.kind === 'local' ? openLocal(config, opening) : openAws(config, opening)
}

async function openLocal({ file, key }: LocalStoreConfig, { clock, env, create }: Opening): Promise<OpenStore> {
  const { openLocalStore } = await import('../local/index.ts')
  return openLocalStore({ file, key: 'env' in key ? { variable: key.env, env } : key, clock, create })
}

async function openAws({ region, endpoint, role }: AwsStoreConfig, { clock }: Opening): Promise<OpenStore> {
  const { createClient } = await import('../aws/client.ts')
  const { regionOf } = await import('../aws/inventory.ts')
  const { openAwsStore } = await import('../aws/index.ts')
  const client = await createClient({ region, endpoint, role })
  await regionOf(client, '`region:` of the store')
  return openAwsStore({ client, clock })
}

/** Whether the store is there: the file of a local one is not, before the first value is put. A cloud always is. */
export const storeExists = (config: StoreConfig): boolean => config.kind !== 'local' || existsSync(config.file)

/** Where the store is, for people. */
export function placeOf(config: StoreConfig): string {
  if (config.kind === 'local') return config.file
  return `AWS Secrets Manager${config.region ? `, ${config.region}` : ''}${config.endpoint ? `, ${config.endpoint}` : ''}`
}

/** What a store promises that a plan depends on. */
export function promisesOf({ kind }: StoreConfig): { readonly publishes: string; readonly graceFrom?: string } {
  if (kind === 'local') return { publishes: 'in one transaction, unless current has moved' }
  return {
    publishes: 'AWSCURRENT is moved by compare-and-set: a late or second promotion is refused',
    graceFrom: 'when anything of the secret was changed last, which is never before the rotation',
  }
}

/** What a rotation needs besides what `check --connect` has tried: trying it would change something. */
export const untried = ({ kind }: StoreConfig): readonly string[] =>
  kind === 'local'
    ? []
    : ['PutSecretValue', 'UpdateSecretVersionStage', 'ListSecretVersionIds', 'TagResource'].map(
        action => `secretsmanager:${action}`,
      )
