/**
 * What a SQL Server target is made from. The configuration's schema produces it; names here are those of `lockstep.yml`.
 * @module
 */
import type { Instant } from '../../ports/clock.ts'
import type { Credential } from '../../secret/credential.ts'
import type { Endpoint as CommonEndpoint, TlsOptions } from '../common/endpoint.ts'

export type { TlsOptions } from '../common/endpoint.ts'

/** 1433 if the port is left out. */
export interface Endpoint extends CommonEndpoint {
  /** What consumers log in to. The admin works in `master`, or with `contained` in here. */
  readonly database: string
}

export interface SqlServerTargetOptions {
  readonly strategy: 'alternating-users'
  readonly users?: readonly [string, string] | undefined
  /** The logins are users with a password of their own in a contained database, which replicates them. */
  readonly contained?: boolean | undefined
  /**
   * Without `contained`, each server keeps its own logins, in `master`: so the change is made on writer and readers alike, where
   * the admin must be able to log in too. A pooler is tested only.
   */
  readonly endpoints: readonly Endpoint[]
  /** `verify-ca` does not exist here: the driver checks chain and name together. */
  readonly tls: TlsOptions
  /** Statements that the application must be able to run; each one batch, rolled back afterwards. */
  readonly probes?: readonly string[] | undefined
  /** Fetched when needed only. */
  readonly admin?: (() => Promise<Credential>) | undefined
  /** A login has no place where it could stand, so it is not left there. */
  readonly owner: string
  readonly adopt?: boolean | undefined
  /** Milliseconds for one connection; 10,000 if left out. */
  readonly connectTimeout?: number | undefined
}

export interface SqlServerDeps {
  now(): Instant
}

/** What every part of the target is handed. */
export interface Context extends SqlServerTargetOptions, SqlServerDeps {}

/** Writer and readers, each server once. */
export function servers(context: Context): readonly Endpoint[] {
  const direct = context.endpoints.filter(({ role }) => role !== 'pooler')
  return [...new Map(direct.map(endpoint => [`${endpoint.host}:${endpoint.port ?? 1433}`, endpoint])).values()]
}

/** Where a change is made: on every server that has logins of its own, the writer first. */
export function changedServers(context: Context): readonly Endpoint[] {
  const writers = servers(context).filter(({ role }) => role === 'writer')
  return context.contained === true
    ? writers
    : [...writers, ...servers(context).filter(({ role }) => role !== 'writer')]
}
