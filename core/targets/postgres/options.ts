/**
 * What a PostgreSQL target is made from. The configuration's schema produces it; names here are those of `lockstep.yml`.
 * @module
 */
import type { Instant } from '../../ports/clock.ts'
import type { Credential } from '../../secret/credential.ts'
import type { Endpoint as CommonEndpoint, TlsOptions } from '../common/endpoint.ts'

export type { TlsOptions } from '../common/endpoint.ts'

/** 5432 if the port is left out. The pooler is PgBouncer or alike. */
export interface Endpoint extends CommonEndpoint {
  readonly database: string
}

export interface PostgresTargetOptions {
  readonly strategy: 'single-user' | 'alternating-users'
  /** The two logins, for alternating-users. */
  readonly users?: readonly [string, string] | undefined
  /**
   * Makes the twin at `set` where it does not exist, with LOGIN and as a member of the current login, as AWS's rotation template
   * does. For logins that were configured by such a template; elsewhere a missing twin is a finding of `examine`.
   */
  readonly createTwin?: boolean | undefined
  /** The role that every session runs as (`ALTER ROLE login SET role = owner`), so that it never matters which login is live. */
  readonly ownerRole?: string | undefined
  readonly endpoints: readonly Endpoint[]
  readonly tls: TlsOptions
  /** Statements that the application must be able to run; each one statement, rolled back afterwards. */
  readonly probes?: readonly string[] | undefined
  /** Fetched when needed only; logs in on the writer, and on readers to see and end sessions. */
  readonly admin?: (() => Promise<Credential>) | undefined
  /** Our mark on the login, `lockstep:<deployment>/<secret>`: one login belongs to one configuration. */
  readonly owner: string
  /** Take over a login that bears another configuration's mark. */
  readonly adopt?: boolean | undefined
  /** What is sent instead of the password. Only `scram-sha-256` keeps it out of the server's log. */
  readonly hash?: 'scram-sha-256' | 'md5' | 'plaintext' | undefined
  /** Milliseconds for one connection; 10,000 if left out. */
  readonly connectTimeout?: number | undefined
}

export interface PostgresDeps {
  now(): Instant
}

/** What every part of the target is handed. */
export interface Context extends PostgresTargetOptions, PostgresDeps {}

/** Writer and readers, each server once: where sessions can be seen. */
export function servers(context: Context): readonly Endpoint[] {
  const direct = context.endpoints.filter(({ role }) => role !== 'pooler')
  return [...new Map(direct.map(endpoint => [`${endpoint.host}:${endpoint.port ?? 5432}`, endpoint])).values()]
}
