/**
 * Whether a server refused the credential, by driver. Only that may lead to another login: a network or TLS error, a locked or
 * expired account, a full server say nothing about the password, and trying again with another one makes them worse.
 * @module
 */
interface Thrown {
  readonly name?: unknown
  readonly message?: unknown
  readonly code?: unknown
  readonly codeName?: unknown
  readonly errno?: unknown
  readonly number?: unknown
  readonly errorNum?: unknown
  readonly cause?: unknown
  readonly lastNodeError?: unknown
}

/** Drivers wrap the error of a connection into that of a pool or cluster. */
const DEPTH = 3

function anyOf(error: unknown, test: (thrown: Thrown, message: string) => boolean, depth = DEPTH): boolean {
  if (depth === 0 || typeof error !== 'object' || error === null) return false
  const thrown = error as Thrown
  if (test(thrown, typeof thrown.message === 'string' ? thrown.message : '')) return true
  return anyOf(thrown.cause, test, depth - 1) || anyOf(thrown.lastNodeError, test, depth - 1)
}

/**
 * `pg`. A pooler reports a wrong password as 08P01, which it also says of its own back-off; 28000 is also a client that
 * pg_hba.conf does not let in.
 */
export const isPostgresAuthFailure = (error: unknown): boolean =>
  anyOf(error, ({ code }, message) => {
    if (code === '28P01') return true
    if (code === '28000') return !message.includes('pg_hba')
    return code === '08P01' && /SASL|authentication/i.test(message) && !message.includes('login has been failing')
  })

/** `mysql2`, for MySQL and MariaDB: by number, because names differ between the two. Locked and expired have others. */
export const isMysqlAuthFailure = (error: unknown): boolean => anyOf(error, ({ errno }) => errno === 1045)

/** `ioredis` and `redis`. */
export const isRedisAuthFailure = (error: unknown): boolean =>
  anyOf(error, (_, message) => /^(WRONGPASS|NOAUTH)\b/.test(message))

/** `mongodb`; Atlas has a code of its own. */
export const isMongoAuthFailure = (error: unknown): boolean =>
  anyOf(error, ({ name, code, codeName }, message) => {
    if (codeName === 'AuthenticationFailed') return true
    const driver = typeof name === 'string' && name.startsWith('Mongo')
    return driver && (code === 18 || (code === 8000 && /auth/i.test(message)))
  })

/** `mssql` and `tedious`, which keep the server's text and not always its number. */
export const isMssqlAuthFailure = (error: unknown): boolean =>
  anyOf(error, ({ code, number }, message) => {
    if (typeof number === 'number') return number === 18456
    return code === 'ELOGIN' && !/locked|expired|must be changed|must change|disabled/i.test(message)
  })

/** `oracledb`. */
export const isOracleAuthFailure = (error: unknown): boolean =>
  anyOf(
    error,
    ({ errorNum, code }, message) => errorNum === 1017 || code === 'ORA-01017' || /^ORA-01017\b/.test(message),
  )

/** Any driver's. */
export const isAuthFailure = (error: unknown): boolean =>
  isPostgresAuthFailure(error) ||
  isMysqlAuthFailure(error) ||
  isRedisAuthFailure(error) ||
  isMongoAuthFailure(error) ||
  isMssqlAuthFailure(error) ||
  isOracleAuthFailure(error)
