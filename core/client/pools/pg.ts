/**
 * `pg`: one `Pool` for its whole life. Its options answer the current login whenever it makes a connection, and a login that is
 * refused, which happens before any statement is sent, is made again. Tested with pg 8.23.
 * @module
 */
import { isPostgresAuthFailure } from '../auth-failure.ts'
import { ClientError } from '../client-error.ts'
import type { SecretCredential } from '../credential.ts'
import type { Login } from '../log-in.ts'
import type { Secrets } from '../secrets.ts'
import { Drain, type Following, type FollowOptions, loginOptions, requireInside } from './follow.ts'

/** What tells a `pg.Pool`. */
export interface PgPoolLike {
  readonly options: object
  readonly idleCount: number
  connect: unknown
}

type Done = (error?: unknown, client?: Client, release?: unknown) => void
interface Client {
  release(): void
  _poolUseCount?: number
}
interface Inside {
  readonly options: Record<string, unknown>
  readonly idleCount: number
  connect(done?: Done): unknown
  newClient(item: { callback: Done }): unknown
  on(event: 'release', listener: (error: unknown, client: Client) => void): unknown
  off(event: 'release', listener: (error: unknown, client: Client) => void): unknown
}

/** Call it before the first query. The pool needs an `error` listener, as every pool of `pg` does. */
export function followPg(secrets: Secrets, name: string, pool: PgPoolLike, options: FollowOptions = {}): Following {
  const inside = pool as unknown as Inside
  requireInside(typeof inside.connect === 'function' && typeof inside.newClient === 'function', 'pg', 'newClient')
  if (inside.options.connectionString !== undefined)
    throw new ClientError(
      'config-invalid',
      'The pool has a connectionString, which hides other logins: give host, port, database.',
    )

  const drain = new Drain<Client>(secrets, name)
  /** What a client that is made now logs in with. */
  let chosen: SecretCredential | undefined
  /** What a connection logged in with, until its first user has it; and one that failed. */
  const made = new WeakMap<object, SecretCredential>()
  const failed = new WeakMap<object, SecretCredential>()
  const settle = answerLogin(inside.options, () => chosen)

  const { connect, newClient } = inside
  inside.newClient = item => {
    const login = chosen
    const { callback } = item
    item.callback = (error, client, release) => {
      if (login !== undefined && client !== undefined) {
        drain.opened(client, login)
        made.set(client, login)
      }
      if (login !== undefined && typeof error === 'object' && error !== null) failed.set(error, login)
      callback(error, client, release)
    }
    return newClient.call(pool, item)
  }

  const opened = async (credential: SecretCredential, login: Login): Promise<Client> => {
    chosen = credential
    try {
      const client = (await connect.call(pool)) as Client
      login.used(made.get(client))
      made.delete(client)
      return client
    } catch (error) {
      login.used(failed.get(Object(error)))
      throw error
    }
  }
  const how = loginOptions(isPostgresAuthFailure, options)
  const logIn = () => secrets.withCredential(name, opened, how)
  let taking = 0
  /** A client that is idle is logged in: whatever is wrong with the credential is no business of it. */
  const takeIdle = async (): Promise<Client> => {
    taking++
    try {
      return (await connect.call(pool)) as Client
    } catch (error) {
      // Somebody else was faster, and it was a new one after all.
      if (!isPostgresAuthFailure(error)) throw error
      return logIn()
    } finally {
      taking--
    }
  }
  inside.connect = done => {
    const client = chosen !== undefined && inside.idleCount > taking ? takeIdle() : logIn()
    if (done === undefined) return client
    client.then(
      found => done(undefined, found, found.release),
      error => done(error, undefined, () => {}),
    )
    return undefined
  }

  const leave = (_: unknown, client: Client) => {
    // The pool closes a client that has served its uses.
    if (drain.isOld(client)) client._poolUseCount = Number.POSITIVE_INFINITY
  }
  if (options.drain !== false) inside.on('release', leave)
  return {
    stop() {
      drain.stop()
      inside.off('release', leave)
      Object.assign(inside, { connect, newClient })
      settle()
    },
  }
}

/** User and password are read together, when a client is made, so they belong together. Not enumerable: nobody logs them. */
function answerLogin(options: Record<string, unknown>, login: () => SecretCredential | undefined): () => void {
  const { user: given } = options
  const user = () => login()?.username ?? given
  const password = () => login()?.password.reveal()
  const how = { configurable: true, enumerable: false }
  Object.defineProperties(options, { user: { ...how, get: user }, password: { ...how, get: password } })
  return () => {
    const values = { user: { ...how, value: user() }, password: { ...how, value: password() } }
    Object.defineProperties(options, values)
  }
}
