/**
 * A configuration as the rest of Lockstep sees it: every default applied, durations in milliseconds, paths absolute.
 * @module
 */
import type { MaintenanceWindow } from '../policy/window.ts'
import type { AdminToken } from '../ports/admin-token.ts'
import type { Duration } from '../ports/clock.ts'
import type { Strategy } from '../ports/rotation-target.ts'
import type { Cloud } from '../ports/web-identity.ts'
import type { PasswordPolicy } from '../secret/generate.ts'
import type { ShapeOptions } from '../secret/shape.ts'
import type { ConsumerConfig } from './hooks.ts'
import type { Profile } from './profiles.ts'

/** An absolute path, or the name of an environment variable. */
export type KeySource = { readonly file: string } | { readonly env: string }

export interface LocalStoreConfig {
  readonly kind: 'local'
  readonly file: string
  readonly key: KeySource
}

/** Without a stored key, by a token of the cloud that the process runs in. */
export interface SignInConfig {
  readonly from: Cloud
  /** Undefined: the identity of the process. */
  readonly as: string | undefined
  readonly audience: string
}

export interface CloudStoreConfig<Exchange> {
  /** Undefined: what the SDK finds. */
  readonly signIn?: (SignInConfig & Exchange) | undefined
  /** Named as meant: a stored key signs in from another cloud. */
  readonly storedKey?: true | undefined
}

/** AWS Secrets Manager. What is undefined comes from the surroundings, as the SDK finds it. */
export interface AwsStoreConfig extends CloudStoreConfig<{ readonly role: string }> {
  readonly kind: 'aws'
  readonly region: string | undefined
  readonly endpoint: string | undefined
  readonly role: { readonly arn: string; readonly externalId?: string } | undefined
}

/** Secret Manager of Google Cloud. */
export interface GcpStoreConfig
  extends CloudStoreConfig<{ readonly provider: string; readonly serviceAccount: string | undefined }> {
  readonly kind: 'gcp'
  readonly project: string
  /** Undefined: global secrets. */
  readonly location: string | undefined
  readonly readBy: 'latest' | { readonly alias: string; readonly previous?: string }
  readonly propagation: Duration
  /** `host:port`. */
  readonly endpoint: string | undefined
}

/** Key Vault of Azure. Addresses end without a slash. */
export interface AzureStoreConfig extends CloudStoreConfig<{ readonly tenant: string; readonly client: string }> {
  readonly kind: 'azure'
  readonly vault: string
  readonly journal: { readonly url: string; readonly container: string; readonly prefix?: string }
  /** An emulator. */
  readonly endpoint: string | undefined
  readonly propagation: Duration
}

export type StoreConfig = LocalStoreConfig | AwsStoreConfig | GcpStoreConfig | AzureStoreConfig

export type AuditSinkConfig = { readonly kind: 'file'; readonly file: string } | { readonly kind: 'stdout' | 'stderr' }

export interface StoredAdminConfig {
  /** Its name in this configuration, if it has one. */
  readonly secret: string | undefined
  readonly store: string
  readonly id: string
  readonly value: ShapeOptions
  readonly user: string | undefined
}

/** No stored password: a token at each login. */
export interface TokenAdminConfig {
  readonly token: AdminToken
  readonly user: string
  readonly region: string | undefined
}

export type AdminConfig = StoredAdminConfig | TokenAdminConfig

export interface EndpointConfig {
  readonly name: string
  readonly host: string
  readonly port: number
  readonly role: 'writer' | 'reader' | 'pooler'
}

export interface TlsConfig {
  readonly mode: 'verify-full' | 'verify-ca' | 'require' | 'disable'
  /** A file. */
  readonly ca: string | undefined
  readonly servername: string | undefined
}

/** What the targets of all engines have in common. */
export interface EngineParts<Endpoint extends EndpointConfig = EndpointConfig> {
  readonly endpoints: readonly Endpoint[]
  readonly tls: TlsConfig
  readonly admin: AdminConfig | undefined
  /** The managed service that runs the server. */
  readonly profile?: Profile | undefined
  readonly probes: readonly string[]
  readonly adopt: boolean
}

export interface PostgresTargetConfig extends EngineParts<EndpointConfig & { readonly database: string }> {
  readonly kind: 'postgres'
  readonly ownerRole: string | undefined
  readonly hash: 'scram-sha-256' | 'md5' | 'plaintext'
}

export interface SqlServerTargetConfig extends EngineParts<EndpointConfig & { readonly database: string }> {
  readonly kind: 'sqlserver'
  readonly contained: boolean
}

export interface OracleTargetConfig extends EngineParts<EndpointConfig & { readonly service: string }> {
  readonly kind: 'oracle'
}

export interface MongodbTargetConfig extends EngineParts {
  readonly kind: 'mongodb'
  readonly authSource: string
  readonly adminAuthSource: string
  readonly plaintext: boolean
}

export interface MariadbTargetConfig extends EngineParts<EndpointConfig & { readonly database?: string | undefined }> {
  readonly kind: 'mariadb'
  readonly hosts: readonly string[] | undefined
}

export interface MysqlTargetConfig extends EngineParts<EndpointConfig & { readonly database?: string | undefined }> {
  readonly kind: 'mysql'
  readonly hosts: readonly string[] | undefined
  /** A file. */
  readonly serverPublicKey: string | undefined
}

/** Every node: each keeps users of its own. */
export interface RedisTargetConfig extends EngineParts {
  readonly kind: 'redis'
  readonly replication: boolean
  readonly sentinels: readonly { readonly host: string; readonly port: number }[]
  readonly masterName: string | undefined
  readonly unsaved: boolean
}

export type EngineTargetConfig =
  | MariadbTargetConfig
  | MongodbTargetConfig
  | MysqlTargetConfig
  | OracleTargetConfig
  | PostgresTargetConfig
  | RedisTargetConfig
  | SqlServerTargetConfig

export interface ModuleTargetConfig {
  readonly kind: 'module'
  /** A file. */
  readonly module: string
  readonly options: Readonly<Record<string, unknown>>
}

export type TargetConfig = EngineTargetConfig | ModuleTargetConfig

/** The admin secret that a target names; a module brings its own, and a token needs none. */
export const adminOf = (target: TargetConfig): StoredAdminConfig | undefined =>
  target.kind === 'module' || target.admin === undefined || 'token' in target.admin ? undefined : target.admin

/** Where a copy of a secret lives. */
export interface FollowerConfig {
  readonly name: string
  /** The name of its store in `Config.stores`. */
  readonly store: string
  readonly id: string
  readonly required: boolean
  readonly timeout: Duration
  readonly values: Readonly<Record<string, string | number>>
  /** Secrets Manager copies by itself. */
  readonly replica: boolean
}

/** Where it is written who leads: a store by its name, or a container of Blob Storage. */
export type EpochsConfig =
  | { readonly store: string }
  | { readonly blob: { readonly url: string; readonly container: string; readonly prefix?: string } }

export interface SecretConfig {
  readonly name: string
  /** The name of its store in `Config.stores`. */
  readonly store: string
  /** The name in the store. */
  readonly id: string
  readonly strategy: Strategy
  readonly target: TargetConfig
  readonly user: string | undefined
  readonly users: readonly [string, string] | undefined
  readonly value: ShapeOptions
  readonly password: PasswordPolicy
  /** Undefined: only when asked. */
  readonly interval: Duration | undefined
  readonly window: MaintenanceWindow | undefined
  readonly grace: Duration
  /** How long its store, or one of a follower, may show consumers the version before. */
  readonly propagation: Duration
  readonly consumers: readonly ConsumerConfig[]
  readonly settle: Duration
  readonly replicaLag: Duration
  readonly runLife: Duration
  readonly retryBudget: number
  readonly idleSessions: 'keep' | 'end'
  readonly manual: boolean
  readonly followers: readonly FollowerConfig[]
  /** Followers whose consumers may be cut off for a moment. */
  readonly acceptGap: readonly string[]
}

export interface Config {
  readonly fileName: string
  readonly deployment: string
  /** The chosen environment. */
  readonly environment: string | undefined
  /** All that the file names. */
  readonly environments: readonly string[]
  readonly stores: ReadonlyMap<string, StoreConfig>
  readonly fingerprintKey: KeySource | undefined
  readonly audit: readonly AuditSinkConfig[]
  readonly epochs: EpochsConfig | undefined
  readonly secrets: ReadonlyMap<string, SecretConfig>
}
