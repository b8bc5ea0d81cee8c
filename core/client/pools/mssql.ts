/**
 * `mssql` with `tedious`: one `ConnectionPool` for its whole life. It reads its configuration for each connection that it makes,
 * and checks each before it hands it out, so an old one is not handed out again. Written after mssql 12.7.
 * @module
 */
import { isMssqlAuthFailure } from '../auth-failure.ts'
import type { Secrets } from '../secrets.ts'
import { Drain, type Following, type FollowOptions, loginOptions, requireInside } from './follow.ts'

/** What is used of a `ConnectionPool`: its configuration, which must be an object and not a connection string. */
export interface MssqlPoolLike {
  connect(): Promise<unknown>
}

interface Inside {
  readonly config: { user?: string | undefined; password?: string | undefined }
  _poolCreate(): Promise<object>
  _poolValidate(connection: object): boolean | Promise<boolean>
}

/** Call it before `connect`. */
export function followMssql(
  secrets: Secrets,
  name: string,
  pool: MssqlPoolLike,
  options: FollowOptions = {},
): Following {
  const inside = pool as unknown as Inside
  const { config, _poolCreate: create, _poolValidate: validate } = inside
  requireInside(typeof create === 'function' && typeof validate === 'function', 'mssql', '_poolCreate')

  const drain = new Drain<object>(secrets, name)
  const how = loginOptions(isMssqlAuthFailure, options)
  inside._poolCreate = () =>
    secrets.withCredential(
      name,
      async credential => {
        // It reads them before it first waits.
        if (credential.username !== undefined) config.user = credential.username
        config.password = credential.password.reveal()
        const connection = await create.call(pool)
        drain.opened(connection, credential)
        return connection
      },
      how,
    )
  inside._poolValidate = connection =>
    options.drain !== false && drain.isOld(connection) ? false : validate.call(pool, connection)
  return {
    stop() {
      drain.stop()
      Object.assign(inside, { _poolCreate: create, _poolValidate: validate })
    },
  }
}
