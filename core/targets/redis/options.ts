/**
 * What a Redis target is made from. The configuration's schema produces it; names here are those of `lockstep.yml`.
 * @module
 */
import type { Instant } from '../../ports/clock.ts'
import type { Credential } from '../../secret/credential.ts'
import type { Endpoint, TlsOptions } from '../common/endpoint.ts'

export type { Endpoint, TlsOptions } from '../common/endpoint.ts'

export interface SentinelAddress {
  readonly host: string
  /** 26379 if left out. */
  readonly port?: number | undefined
}

export interface RedisTargetOptions {
  /** `single-user` is for `requirepass` where there must not be two passwords; everything else is better served by `dual-password`. */
  readonly strategy: 'dual-password' | 'single-user' | 'alternating-users'
  /** The two logins, for alternating-users. */
  readonly users?: readonly [string, string] | undefined
  /**
   * Every node, primaries (`writer`) and replicas (`reader`): each keeps users of its own, which replication does not carry. 6379
   * if the port is left out. A `pooler` is a proxy: tested, never changed.
   */
  readonly endpoints: readonly Endpoint[]
  readonly tls: TlsOptions
  /**
   * The nodes log in to each other with this login (`masteruser`, `masterauth`): they are told the new password before the old one
   * ends.
   */
  readonly replication?: boolean | undefined
  /** Every Sentinel that logs in to the nodes with this login, told in the same way; and what they call the primary. */
  readonly sentinels?: readonly SentinelAddress[] | undefined
  readonly masterName?: string | undefined
  /** Commands that the application must be able to run, each a line (words apart by spaces) or its words. */
  readonly probes?: readonly (string | readonly string[])[] | undefined
  /** Fetched when needed only; makes the changes on every node. Without one the login changes itself. */
  readonly admin?: (() => Promise<Credential>) | undefined
  /** `lockstep:<deployment>/<secret>`. Redis has no place for a mark: the passwords that a login has are compared instead. */
  readonly owner: string
  /** Take over a login that has passwords which are not ours: they end at `set`. */
  readonly adopt?: boolean | undefined
  /** Go on where a node can save nothing: its next restart brings the password of its start back. */
  readonly unsaved?: boolean | undefined
  /** Milliseconds for one connection; 10,000 if left out. */
  readonly connectTimeout?: number | undefined
}

export interface RedisDeps {
  now(): Instant
}

/** What every part of the target is handed. */
export interface Context extends RedisTargetOptions, RedisDeps {}

const addressOf = ({ host, port = 6379 }: Endpoint): string => `${host}:${port}`

/** Primaries and replicas, each server once: where passwords are changed. */
export function nodesOf({ endpoints }: RedisTargetOptions): readonly Endpoint[] {
  const seen = new Set<string>()
  return endpoints.filter(endpoint => {
    if (endpoint.role === 'pooler' || seen.has(addressOf(endpoint))) return false
    seen.add(addressOf(endpoint))
    return true
  })
}

/** Sentinels as endpoints, named for errors. */
export const sentinelsOf = ({ sentinels = [] }: RedisTargetOptions): readonly Endpoint[] =>
  sentinels.map(({ host, port = 26379 }, i) => ({ name: `sentinel ${i + 1}`, host, port, role: 'pooler' }))
