// Requests as the client's own protos decode them: every field is there, messages may be null, 64-bit numbers are text.
import type { Replication } from './model.ts'
import type { WireTime } from './time.ts'

export interface SecretInput {
  readonly name: string
  readonly replication: Replication | null
  readonly labels: Readonly<Record<string, string>>
  readonly topics: readonly { readonly name: string }[]
  readonly expireTime?: WireTime | null
  readonly ttl?: WireTime | null
  readonly etag: string
  readonly rotation: { readonly nextRotationTime?: WireTime | null; readonly rotationPeriod?: WireTime | null } | null
  readonly versionAliases: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly versionDestroyTtl: WireTime | null
  readonly customerManagedEncryption: { readonly kmsKeyName: string } | null
  readonly secretType: string
}

export interface Input {
  readonly name?: string
  readonly parent?: string
  readonly resource?: string
  readonly etag?: string
  readonly secretId?: string
  readonly secret?: SecretInput | null
  readonly updateMask?: { readonly paths: readonly string[] } | null
  readonly payload?: { readonly data: Uint8Array; readonly dataCrc32c?: string | null } | null
  readonly pageSize?: number
  readonly pageToken?: string
  readonly filter?: string
  readonly policy?: object | null
  readonly permissions?: readonly string[]
  readonly cloudSqlSingleUserCredentials?: {
    readonly instanceId: string
    readonly username: string
    readonly password: string
  } | null
}

export const emptySecret: SecretInput = {
  name: '',
  replication: null,
  labels: {},
  topics: [],
  etag: '',
  rotation: null,
  versionAliases: {},
  annotations: {},
  versionDestroyTtl: null,
  customerManagedEncryption: null,
  secretType: 'SECRET_TYPE_UNSPECIFIED',
}

/** What the request is about, as it was asked for. */
export const resourceOf = (input: Input): string =>
  input.name ?? input.parent ?? input.resource ?? input.secret?.name ?? ''
