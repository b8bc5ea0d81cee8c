/**
 * What a MariaDB target is made from. The configuration's schema produces it; names here are those of `lockstep.yml`.
 * @module
 */
import type { Instant } from '../../ports/clock.ts'
import type { Dialect, WireContext, WireOptions } from '../mysql-wire/options.ts'

export type { Endpoint, TlsOptions } from '../mysql-wire/options.ts'

export interface MariadbTargetOptions extends Omit<WireOptions, 'serverPublicKey'> {
  readonly strategy: 'single-user' | 'alternating-users' | 'dual-password'
  /** The two logins, for alternating-users. */
  readonly users?: readonly [string, string] | undefined
  /**
   * Makes the twin at `set` where it does not exist, and gives it whatever the current login may do and it may not, as AWS's rotation
   * template does. For logins that were configured by such a template; elsewhere it is a finding of `examine`.
   */
  readonly createTwin?: boolean | undefined
  /** Host parts of the `user@host` accounts that are rotated; every account of the login if left out. */
  readonly hosts?: readonly string[] | undefined
  /** `lockstep:<deployment>/<secret>`. An account of MariaDB has no place for a mark, so it is kept nowhere. */
  readonly owner: string
  /** Of no effect, for there are no marks. */
  readonly adopt?: boolean | undefined
}

export interface MariadbDeps {
  now(): Instant
}

/** What every part of the target is handed. */
export interface Context extends MariadbTargetOptions, WireContext {}

/** Names may have 80 characters before 10.6. */
export const dialect: Dialect = { engine: 'MariaDB', longestName: 128 }
