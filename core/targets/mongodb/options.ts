/**
 * What a MongoDB target is made from. The configuration's schema produces it; names here are those of `lockstep.yml`.
 * @module
 */
import type { Instant } from '../../ports/clock.ts'
import type { Credential } from '../../secret/credential.ts'
import type { Endpoint, TlsOptions } from '../common/endpoint.ts'

export type { Endpoint, TlsOptions } from '../common/endpoint.ts'

export interface MongodbTargetOptions {
  readonly strategy: 'single-user' | 'alternating-users'
  /** The two users, for alternating-users; both live in `authSource`. */
  readonly users?: readonly [string, string] | undefined
  /** The database in which the users were created, and so the one that they log in against. `admin` if left out. */
  readonly authSource?: string | undefined
  /**
   * The members of the set, or the routers, each by itself; 27017 if the port is left out. A `writer` is one that may be the
   * primary, or a router: which of them takes changes is asked each time.
   */
  readonly endpoints: readonly Endpoint[]
  readonly tls: TlsOptions
  /** Let passwords travel in clear where TLS is disabled; without it that is refused but on the loopback interface. */
  readonly plaintext?: boolean | undefined
  /** Commands that the application must be able to run, as JSON; only commands that read. `$db`: the database, else `authSource`. */
  readonly probes?: readonly string[] | undefined
  /** Fetched when needed only. */
  readonly admin?: (() => Promise<Credential>) | undefined
  /** The database in which the admin was created; `admin` if left out. */
  readonly adminAuthSource?: string | undefined
  /** Our mark on the user, `lockstep:<deployment>/<secret>`: one user belongs to one configuration. */
  readonly owner: string
  /** Take over a user that bears another configuration's mark. */
  readonly adopt?: boolean | undefined
  /** Milliseconds for one connection; 10,000 if left out. */
  readonly connectTimeout?: number | undefined
}

export interface MongodbDeps {
  now(): Instant
}

/** What every part of the target is handed. */
export interface Context extends Omit<MongodbTargetOptions, 'authSource' | 'probes'>, MongodbDeps {
  readonly authSource: string
  readonly probes: readonly Probe[]
}

export interface Probe {
  readonly database: string
  readonly command: Readonly<Record<string, unknown>>
}
