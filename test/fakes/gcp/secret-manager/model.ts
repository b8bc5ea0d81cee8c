// What one secret is, as plain data. A state is never changed once it is published (record.ts): an operation that fails
// half-way changes nothing, and an older state can be served to a stale read.

export type VersionState = 'ENABLED' | 'DISABLED' | 'DESTROYED'

export interface Version {
  readonly number: number
  /** Milliseconds, as everywhere inside the fake; the wire has seconds and nanoseconds. */
  readonly createdAt: number
  readonly crc32c: number
  /** The caller sent the checksum. */
  readonly clientChecksum: boolean
  /** Absent once it is destroyed. */
  data?: Buffer
  state: VersionState
  etag: string
  destroyedAt?: number
  scheduledDestroyAt?: number
  /** The keys that encrypt it: later changes of the secret's keys do not reach it. */
  readonly keys: readonly string[]
}

export interface Replication {
  readonly automatic?: { readonly customerManagedEncryption?: { readonly kmsKeyName: string } | null } | null
  readonly userManaged?: {
    readonly replicas: readonly {
      readonly location: string
      readonly customerManagedEncryption?: { readonly kmsKeyName: string } | null
    }[]
  } | null
}

export interface Rotation {
  nextAt?: number
  periodMs?: number
  managed?: 'ACTIVE' | 'INACTIVE'
}

export interface SecretState {
  /** As the service answers it: with the project's number. */
  readonly name: string
  readonly id: string
  readonly location?: string
  readonly createdAt: number
  /** Of two secrets created in one millisecond, the later one. */
  readonly sequence: number
  readonly secretType: string
  etag: string
  replication?: Replication
  labels: Map<string, string>
  annotations: Map<string, string>
  aliases: Map<string, number>
  topics: readonly string[]
  rotation?: Rotation
  expireAt?: number
  destroyTtlMs?: number
  /** Customer-managed key of a regional secret. */
  regionalKey?: string
  policy?: object
  versions: Map<number, Version>
}

/** A copy whose change nobody sees yet. */
export function copyState(state: SecretState): SecretState {
  return {
    ...state,
    labels: new Map(state.labels),
    annotations: new Map(state.annotations),
    aliases: new Map(state.aliases),
    versions: new Map([...state.versions].map(([number, version]) => [number, { ...version }])),
    ...(state.rotation && { rotation: { ...state.rotation } }),
  }
}

export const newest = (state: SecretState): Version | undefined => [...state.versions.values()].at(-1)

/** The keys that a version added now is encrypted with. */
export function keysOf(state: SecretState): readonly string[] {
  const { automatic, userManaged } = state.replication ?? {}
  const named = [automatic, ...(userManaged?.replicas ?? [])].map(each => each?.customerManagedEncryption?.kmsKeyName)
  return [...named, state.regionalKey].filter(key => key !== undefined).filter(key => key !== '')
}
