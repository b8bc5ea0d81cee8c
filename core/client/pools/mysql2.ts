/**
 * `mysql2`, for MySQL and MariaDB: one pool for its whole life. The driver has no password function and copies the pool's
 * configuration for each connection, so the login is put there just before one is made; a refused login is made again.
 * Tested with mysql2 3.24.
 * @module
 */
import { isMysqlAuthFailure } from '../auth-failure.ts'
import type { SecretCredential } from '../credential.ts'
import type { Login } from '../log-in.ts'
import type { Secrets } from '../secrets.ts'
import { Drain, type Following, type FollowOptions, loginOptions, requireInside } from './follow.ts'

/** A pool of `mysql2` or of `mysql2/promise`. */
export interface Mysql2PoolLike {
  getConnection: unknown
}

interface Connection {
  /** Nothing once it has left its pool. */
  readonly _pool?: unknown
  destroy(): void
}
type Done = (error: unknown, connection?: Connection) => void
interface Inside {
  readonly config: { readonly connectionConfig: { user?: string | undefined; password?: string | undefined } }
  readonly _freeConnections: { readonly length: number }
  getConnection(done: Done): void
  releaseConnection(connection: Connection): void
}

/** Call it before the first query. */
export function followMysql2(
  secrets: Secrets,
  name: string,
  pool: Mysql2PoolLike,
  options: FollowOptions = {},
): Following {
  // The pool of promises is a wrapper.
  const inside = ((pool as { pool?: unknown }).pool ?? pool) as Inside
  const { connectionConfig } = inside.config ?? {}
  requireInside(
    connectionConfig !== undefined && inside._freeConnections !== undefined,
    'mysql2',
    'config.connectionConfig',
  )

  const drain = new Drain<Connection>(secrets, name)
  let chosen: SecretCredential | undefined
  /** Callers of ours; those that wait in the driver's queue come back through the front door. */
  const asked = new WeakMap<Done, SecretCredential>()
  const known = new WeakSet<Connection>()
  const { getConnection, releaseConnection } = inside
  const how = loginOptions(isMysqlAuthFailure, options)

  const open = (login: SecretCredential, done: Done): void => {
    chosen = login
    if (login.username !== undefined) connectionConfig.user = login.username
    connectionConfig.password = login.password.reveal()
    if (asked.has(done)) asked.set(done, login)
    getConnection.call(inside, done)
  }
  const opened = (credential: SecretCredential, login: Login): Promise<Connection> =>
    new Promise((resolve, reject) => {
      const done: Done = (error, connection) => {
        const used = asked.get(done)!
        if (error || connection === undefined) {
          login.used(used)
          return reject(error)
        }
        if (known.has(connection)) login.used(undefined)
        else {
          known.add(connection)
          drain.opened(connection, used)
          login.used(used)
        }
        resolve(connection)
      }
      asked.set(done, credential)
      open(credential, done)
    })
  inside.getConnection = done => {
    // A free connection is logged in: whatever is wrong with the credential is no business of it.
    if (chosen !== undefined && (asked.has(done) || inside._freeConnections.length > 0)) return open(chosen, done)
    secrets.withCredential(name, opened, how).then(
      connection => done(null, connection),
      error => done(error),
    )
  }
  inside.releaseConnection = connection => {
    // Closing takes it out of the pool, which then makes room for whoever waits.
    if (options.drain !== false && connection._pool && drain.isOld(connection)) connection.destroy()
    else releaseConnection.call(inside, connection)
  }
  return {
    stop() {
      drain.stop()
      Object.assign(inside, { getConnection, releaseConnection })
    },
  }
}
