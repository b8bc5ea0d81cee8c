/**
 * What MySQL and MariaDB have in common, as far as a connection is concerned.
 * @module
 */
import type { Instant } from '../../ports/clock.ts'
import type { Credential } from '../../secret/credential.ts'
import type { Endpoint as CommonEndpoint, TlsOptions } from '../common/endpoint.ts'
import type { Outcome, Phase } from '../common/transport.ts'

export type { TlsOptions } from '../common/endpoint.ts'

/** 3306 if the port is left out. The pooler is ProxySQL, RDS Proxy or alike. */
export interface Endpoint extends CommonEndpoint {
  /** The database that sessions begin in; none if left out. */
  readonly database?: string | undefined
}

/** The part of the configuration that is the same for both. */
export interface WireOptions {
  readonly endpoints: readonly Endpoint[]
  readonly tls: TlsOptions
  /**
   * The server's RSA key, PEM text: without TLS, passwords that the server has not cached are encrypted with it, and with no other
   * one. Not configured: such a login fails with `tls-failed`, because anybody could send a key.
   */
  readonly serverPublicKey?: string | undefined
  /** Statements that the application must be able to run; each one statement, rolled back afterwards. */
  readonly probes?: readonly string[] | undefined
  /** Fetched when needed only; logs in on the writer. */
  readonly admin?: (() => Promise<Credential>) | undefined
  /** Milliseconds for one connection; 10,000 if left out. */
  readonly connectTimeout?: number | undefined
}

/** What an engine adds. */
export interface Dialect {
  /** As people write it: `MySQL`. */
  readonly engine: string
  /** Characters that the server keeps of a user name. */
  readonly longestName: number
  /** What this server means by an error number, where it differs from the common table. */
  readonly outcome?: (errno: number, phase: Phase) => Outcome | undefined
}

/** What every function here is handed. */
export interface WireContext extends WireOptions {
  readonly dialect: Dialect
  now(): Instant
}
