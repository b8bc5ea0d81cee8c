/**
 * `oracledb`: a pool keeps the password that it was made with, so a rotation means a new pool. The old one is closed by the driver
 * when its connections have come back. Written after oracledb 26 (thin mode).
 * @module
 */
import type { Duration } from '../../ports/clock.ts'
import { isOracleAuthFailure } from '../auth-failure.ts'
import type { SecretCredential } from '../credential.ts'
import type { Secrets } from '../secrets.ts'
import { Generations } from './generations.ts'

export interface OraclePoolLike<Connection> {
  getConnection(): Promise<Connection>
  close(drainSeconds: number): Promise<void>
}

export interface OraclePool<Connection> {
  /** A connection, to be closed by whoever asked for it. */
  getConnection(): Promise<Connection>
  /** Waits for connections that are out, as long as `drainSeconds`. */
  close(): Promise<void>
}

export interface OracleOptions {
  readonly patience?: Duration
  /** How long an old pool waits for its connections before it cuts them. Default: ten minutes. */
  readonly drainSeconds?: number
}

/** `make`: `oracledb.createPool` with this login, without `poolAlias`. */
export function followOracle<Connection>(
  secrets: Secrets,
  name: string,
  make: (credential: SecretCredential) => Promise<OraclePoolLike<Connection>>,
  { drainSeconds = 600, ...options }: OracleOptions = {},
): OraclePool<Connection> {
  const pools = new Generations<OraclePoolLike<Connection>>(secrets, name, {
    open: make,
    close: pool => pool.close(drainSeconds),
  })
  const how = { ...options, isAuthFailure: isOracleAuthFailure }
  return {
    getConnection: () => pools.use(pool => pool.getConnection(), how),
    close: () => pools.close(),
  }
}
