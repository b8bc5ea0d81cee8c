/**
 * What a PostgreSQL target is made from. The configuration's schema produces it; names here are those of `lockstep.yml`.
 * @module
 */
import type { Instant } from '../../ports/clock.ts'
import type { Credential } from '../../secret/credential.ts'

export interface Endpoint {
  /** Names it in errors and in `Acceptance`. */
  readonly name: string
  readonly host: string
  /** 5432 if left out. */
  readonly port?: number | undefined
  readonly database: string
  /**
   * `writer`: exactly one; changes are made there. `reader`: a streaming replica, which shows a change later.
   * `pooler`: PgBouncer or alike in front of one of them; tested like the others, never asked about sessions.
   */
  readonly role: 'writer' | 'reader' | 'pooler'
}

export interface TlsOptions {
  /**
   * `verify-full`: chain and host name. `verify-ca`: chain only. `require`: encrypted, but anybody may answer (insecure).
   * `disable`: plaintext (insecure). What is configured is what happens: there is no fall-back.
   */
  readonly mode: 'verify-full' | 'verify-ca' | 'require' | 'disable'
  /** Certificates of the authorities to trust, PEM text; those that Node.js ships if left out. */
  readonly ca?: string | undefined
  /** The name that the certificate must bear, where it is not the host that is dialled. */
  readonly servername?: string | undefined
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

export const writerOf = (context: Context): Endpoint => context.endpoints.find(({ role }) => role === 'writer')!

/** Writer and readers, each server once: where sessions can be seen. */
export function servers(context: Context): readonly Endpoint[] {
  const direct = context.endpoints.filter(({ role }) => role !== 'pooler')
  return [...new Map(direct.map(endpoint => [`${endpoint.host}:${endpoint.port ?? 5432}`, endpoint])).values()]
}
