/**
 * What following a rotation is, whatever the driver: new connections log in with what is current, and those that were opened with
 * an older credential are closed once nobody uses them.
 * @module
 */
import { type Duration, type Instant, systemClock } from '../../ports/clock.ts'
import { ClientError } from '../client-error.ts'
import type { SecretCredential } from '../credential.ts'
import type { Secrets, WithCredentialOptions } from '../secrets.ts'

export interface FollowOptions {
  /** Milliseconds for which a refused login is tried again. Default: five seconds. */
  readonly patience?: Duration
  /** Whether connections of an older credential are closed as they come back. Default: yes. */
  readonly drain?: boolean
}

export interface Following {
  /** New connections use what was current last. Connections stay as they are. */
  stop(): void
}

export const loginOptions = (
  isAuthFailure: (error: unknown) => boolean,
  { patience }: FollowOptions,
): WithCredentialOptions => ({ isAuthFailure, ...(patience !== undefined && { patience }) })

/** The driver is not the one that we know, or a newer one with other insides: better said now than found out by an outage. */
export function requireInside(there: boolean, driver: string, what: string): void {
  if (!there)
    throw new ClientError('unsupported', `This is no pool of ${driver} that can be followed: ${what} is missing.`)
}

const BETWEEN: Duration = 500

/**
 * Decides which connections are old. Now and then one is given up, so that the server is seen to take the new credential; the
 * others only when it does, so a server that lags behind does not have us reconnect all the time.
 */
export class Drain<Connection extends object> {
  readonly stop: () => void
  readonly #versions = new WeakMap<Connection, string>()
  #current: string | undefined
  /** The version of the last login that was current then. */
  #proven: string | undefined
  #givenAt: Instant = 0

  constructor(secrets: Secrets, name: string) {
    this.stop = secrets.onRotate(name, ({ version }) => {
      this.#current = version
    })
  }

  opened(connection: Connection, { version }: SecretCredential): void {
    this.#versions.set(connection, version)
    this.#current ??= version
    if (version === this.#current) this.#proven = version
  }

  isOld(connection: Connection): boolean {
    const version = this.#versions.get(connection)
    if (version === undefined || this.#current === undefined || version === this.#current) return false
    if (this.#proven === this.#current) return true
    const now = systemClock.now()
    if (Math.abs(now - this.#givenAt) < BETWEEN) return false
    this.#givenAt = now
    return true
  }
}
