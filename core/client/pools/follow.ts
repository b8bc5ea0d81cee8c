/**
 * What following a rotation is, whatever the driver: new connections log in with what is current, and those that were opened with
 * an older credential are closed once nobody uses them.
 * @module
 */
import type { Duration } from '../../ports/clock.ts'
import { ClientError } from '../client-error.ts'
import type { SecretCredential } from '../credential.ts'
import type { Secrets } from '../secrets.ts'

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

/** The driver is not the one that we know, or a newer one with other insides: better said now than found out by an outage. */
export function requireInside(there: boolean, driver: string, what: string): void {
  if (!there)
    throw new ClientError('unsupported', `This is no pool of ${driver} that can be followed: ${what} is missing.`)
}

/**
 * Decides which connections are old. One is given up to learn whether the server takes the new credential; the others only when
 * it does, so a server that lags behind does not make us reconnect for ever.
 */
export class Drain<Connection extends object> {
  readonly stop: () => void
  readonly #versions = new WeakMap<Connection, string>()
  #current: string | undefined
  /** The version of the last login that was current then. */
  #proven: string | undefined
  #given: string | undefined

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
    if (this.#given === this.#current) return false
    this.#given = this.#current
    return true
  }
}
