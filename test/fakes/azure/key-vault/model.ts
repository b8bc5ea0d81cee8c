// What one secret is, as plain data. A state is never changed once it is published (record.ts): an operation that fails
// half-way changes nothing, and an older state can be served to a stale read.

export interface Attributes {
  readonly enabled: boolean
  /** Seconds since 1970, as on the wire. Informational: a get works before and after. */
  readonly nbf?: number
  readonly exp?: number
}

export interface Version {
  /** 32 hexadecimal digits without any order. */
  readonly id: string
  readonly value: string
  readonly contentType?: string
  readonly tags?: Readonly<Record<string, string>>
  readonly attributes: Attributes
  /** Milliseconds, as everywhere inside the fake; the wire has whole seconds. */
  readonly createdAt: number
  readonly updatedAt: number
  /** The version before it: told of certificates' secrets only. */
  readonly before?: string
}

export interface Deletion {
  readonly at: number
  /** From then on the service removes it for ever. */
  readonly purgeAt: number
}

export interface SecretState {
  /** In the case in which it was first set: assumed, the documentation says only that names are compared without case. */
  readonly name: string
  versions: Map<string, Version>
  latest: string
  deletion?: Deletion
  /** Until then a deletion or a recovery is under way, and the name refuses everything else. */
  busyUntil?: number
  /** The secret behind a certificate: its lifetime belongs to Key Vault. */
  readonly certificate?: boolean
}

/** A copy whose change nobody sees yet. Versions are never changed, only replaced. */
export const copyState = (state: SecretState): SecretState => ({ ...state, versions: new Map(state.versions) })

export const latestOf = (state: SecretState): Version => state.versions.get(state.latest)!

export const seconds = (ms: number): number => Math.floor(ms / 1000)
