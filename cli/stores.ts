/**
 * Stores of every kind behind one interface: what commands need of a store beyond the engine's port. Each kind is loaded when
 * a store of it is opened; who keeps values in a file never loads the SDK of a cloud.
 * @module
 */
import type { AwsNativeReplica } from '../aws/native-replica.ts'
import type { AuditEvent } from '../core/audit/event.ts'
import type { AzureStoreConfig, Config, StoreConfig } from '../core/config/types.ts'
import { RotationError } from '../core/errors.ts'
import { signsIn } from '../core/federation/home.ts'
import { refusesStoredKey } from '../core/federation/stored-key.ts'
import type { AuditSink } from '../core/ports/audit-sink.ts'
import type { Clock } from '../core/ports/clock.ts'
import type { LeaderRegister } from '../core/ports/leader-register.ts'
import type { Call, SecretId, SecretStore, SecretVersion } from '../core/ports/secret-store.ts'
import type { Cloud } from '../core/ports/web-identity.ts'
import type { SecretValue } from '../core/secret/secret-value.ts'
import type { SignInPlaces } from './identities.ts'
import { awsKind } from './stores/aws.ts'
import { azureKind, openRegister, type RegisterPlace } from './stores/azure.ts'
import { gcpKind } from './stores/gcp.ts'
import { localKind } from './stores/local.ts'

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
  /** Creates the secret. There is one already: it stays as it is. Absent method: Key Vault cannot tell. */
  create?(id: SecretId, value: SecretValue, call: Call): Promise<void>
  /** Absent secret: undefined. Absent method: there is nothing to know. */
  facts?(id: SecretId, call: Call): Promise<StoreFacts | undefined>
  /** Takes a stray claim away, if it still is one: answers whether it did. */
  clearStray?(id: SecretId, call: Call): Promise<boolean>
  close(): void | Promise<void>
  /** The trail that the store itself keeps. Absent: what has to be on record goes to the sinks of the configuration. */
  readonly audit?: AuditSink & Trail
}

export interface Opening {
  readonly clock: Clock
  readonly env: Readonly<Record<string, string | undefined>>
  /** Whether an absent store is made, where that is possible. */
  readonly create: boolean
  /** The cloud that the process runs in, or that leads here; undefined: nobody knows. */
  readonly home: Cloud | undefined
  /** The copies that the store itself keeps of a secret in other regions. Absent: it keeps none. */
  readonly replicas?: (id: SecretId) => Promise<readonly AwsNativeReplica[]>
  readonly signInPlaces?: SignInPlaces | undefined
}

/** With what only this module knows of all stores. */
export interface KindOpening extends Opening {
  /** A stored key is refused: the store is another cloud's than the process runs in, and names none. */
  readonly keyless: boolean
}

/** What a store promises that a plan depends on, in words. */
export interface Promises {
  readonly publishes: string
  /** At a follower of this kind: what becomes of a copy that lands after a later one, and of what a person sets meanwhile. */
  readonly copies: string
  readonly graceFrom?: string
  /** Why consumers may be shown the version before for a while. */
  readonly shows?: string
}

/** Something that is kept in the cloud besides the secret itself. */
export interface Resource {
  readonly what: string
  /** As far as that can be known from here. */
  readonly readers: string
}

export interface StoreKind<Config extends StoreConfig> {
  /** Nothing is asked of a cloud yet. A library that is missing: `driver-missing`. */
  open(config: Config, opening: KindOpening): Promise<OpenStore>
  /** As a place that another region copies to by itself. Absent method: there is no such thing. */
  native?(config: Config, opening: KindOpening): Promise<AwsNativeReplica>
  /** Signs in as it is configured, with the token of another cloud; nothing else is asked. Which leg failed, the error says. */
  signIn?(config: Config, opening: KindOpening): Promise<void>
  /** Where it is, for people. */
  place(config: Config): string
  promises(config: Config): Promises
  /** What a rotation needs besides what `check --connect` has tried: trying it would change something. */
  untried(config: Config): readonly string[]
  /** What rotating this secret makes, if it is not there yet. */
  beside(config: Config, id: SecretId): readonly Resource[]
}

const kinds = { local: localKind, aws: awsKind, gcp: gcpKind, azure: azureKind }

const kindOf = ({ kind }: StoreConfig) => kinds[kind] as StoreKind<StoreConfig>

export const openStore = (config: StoreConfig, opening: Opening): Promise<OpenStore> =>
  kindOf(config).open(here(config, opening), inHome(config, opening))

/** A store of a kind that is not copied to: `config-invalid`. */
export async function openNative(config: StoreConfig, opening: Opening): Promise<AwsNativeReplica> {
  const replica = await kindOf(config).native?.(here(config, opening), inHome(config, opening))
  if (replica) return replica
  throw new RotationError('config-invalid', 'Only stores of kind aws can be native replicas.')
}

/** Whether the other cloud lets the process in by the token of its own one. Only for stores that say `signIn`. */
export const trySignIn = async (config: StoreConfig, opening: Opening): Promise<void> =>
  kindOf(config).signIn?.(here(config, opening), inHome(config, opening))

/**
 * Who leads, in a container of Blob Storage: signed in to as the store whose journals are in the same account. There is none: as the SDK
 * finds, and with no stored key from another cloud.
 */
export function openBlobRegister(
  { stores, deployment }: Config,
  blob: RegisterPlace['blob'],
  opening: Opening,
): Promise<LeaderRegister> {
  const beside = [...stores.values()].find(each => each.kind === 'azure' && each.journal.url === blob.url)
  const place = { blob, deployment }
  if (beside?.kind !== 'azure') return openRegister(place, { ...opening, keyless: isElsewhere(opening, 'azure') })
  const { signIn } = here(beside, opening) as AzureStoreConfig
  return openRegister({ ...place, signIn }, inHome(beside, opening))
}

const isElsewhere = ({ home }: Opening, cloud: Cloud): boolean => home !== undefined && home !== cloud

const here = (config: StoreConfig, { home }: Opening): StoreConfig =>
  config.kind === 'local' || signsIn(config, home) ? config : { ...config, signIn: undefined }

const inHome = (config: StoreConfig, opening: Opening): KindOpening => ({
  ...opening,
  keyless: refusesStoredKey(config, opening.home),
})

/** Whether the store is there: the file of a local one is not, before the first value is put. A cloud always is. */
export const storeExists = (config: StoreConfig): boolean => config.kind !== 'local' || localKind.exists(config)

export const placeOf = (config: StoreConfig): string => kindOf(config).place(config)
export const promisesOf = (config: StoreConfig): Promises => kindOf(config).promises(config)
export const untried = (config: StoreConfig): readonly string[] => kindOf(config).untried(config)
export const besideOf = (config: StoreConfig, id: SecretId): readonly Resource[] => kindOf(config).beside(config, id)
