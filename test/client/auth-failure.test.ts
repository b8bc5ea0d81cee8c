/** What each driver throws, and whether it is about the password. Texts and numbers are those that the drivers give. */
import { expect, test } from 'vitest'
import * as classifiers from '../../core/client/auth-failure.ts'

const error = (message: string, more: object = {}) => Object.assign(new Error(message), more)
const wrapped = (name: string, cause: Error) => Object.assign(new Error('wrapped', { cause }), { name })

const refused: readonly [keyof typeof classifiers, Error][] = [
  ['isPostgresAuthFailure', error('password authentication failed for user "app"', { code: '28P01' })],
  ['isPostgresAuthFailure', error('role "app" is not permitted to log in', { code: '28000' })],
  ['isPostgresAuthFailure', error('SASL authentication failed', { code: '08P01' })],
  ['isMysqlAuthFailure', error("Access denied for user 'app'@'%'", { errno: 1045, code: 'ER_ACCESS_DENIED_ERROR' })],
  [
    'isRedisAuthFailure',
    error('WRONGPASS invalid username-password pair or user is disabled.', { name: 'ReplyError' }),
  ],
  ['isRedisAuthFailure', error('NOAUTH Authentication required.')],
  ['isRedisAuthFailure', error('Failed to refresh slots cache.', { lastNodeError: error('WRONGPASS invalid') })],
  ['isMongoAuthFailure', error('Authentication failed.', { name: 'MongoServerError', code: 18 })],
  ['isMongoAuthFailure', error('bad auth : authentication failed', { name: 'MongoServerError', code: 8000 })],
  ['isMongoAuthFailure', wrapped('MongoPoolClearedError', error('no', { name: 'MongoServerError', code: 18 }))],
  ['isMssqlAuthFailure', error("Login failed for user 'app'.", { code: 'ELOGIN' })],
  ['isMssqlAuthFailure', error("Login failed for user 'app'.", { code: 'ELOGIN', number: 18456 })],
  [
    'isOracleAuthFailure',
    error('ORA-01017: invalid credential or not authorized; logon denied', { errorNum: 1017, code: 'ORA-01017' }),
  ],
]

const other: readonly [string, Error][] = [
  ['PostgreSQL is full', error('sorry, too many clients already', { code: '53300' })],
  ['PostgreSQL has no line for us', error('no pg_hba.conf entry for host "10.0.0.1"', { code: '28000' })],
  ['a pooler waits', error('server login has been failing, try again later (server_login_retry)', { code: '08P01' })],
  ['a protocol violation', error('unexpected message', { code: '08P01' })],
  ['MariaDB has locked it', error('Access denied, this account is locked', { errno: 4151 })],
  ['MySQL has locked it', error('Account is locked.', { errno: 3118 })],
  ['MySQL has locked it for a time', error('Account is blocked for 1 day(s)', { errno: 3955 })],
  ['MySQL wants another password', error('You must reset your password', { errno: 1820 })],
  ['MySQL does not know the host', error('Host is not allowed to connect', { errno: 1130 })],
  ['Redis loads', error('LOADING Redis is loading the dataset in memory')],
  ['Redis denies a command', error("NOPERM this user has no permissions to run the 'get' command")],
  ['MongoDB is away', error('connection timed out', { name: 'MongoNetworkError' })],
  ['a browser error with the number 18', error('no', { name: 'SecurityError', code: 18 })],
  [
    'SQL Server has locked it',
    error("Login failed for user 'app' because the account is currently locked out.", { code: 'ELOGIN' }),
  ],
  [
    'SQL Server says expired',
    error("Login failed for user 'app'. Reason: The password of the account has expired.", { code: 'ELOGIN' }),
  ],
  ['SQL Server says locked by number', error('no', { code: 'ELOGIN', number: 18486 })],
  ['SQL Server is away', error('Failed to connect', { code: 'ESOCKET' })],
  ['Oracle has locked it', error('ORA-28000: The account is locked.', { errorNum: 28000, code: 'ORA-28000' })],
  ['Oracle says expired', error('ORA-28001: The password has expired.', { errorNum: 28001, code: 'ORA-28001' })],
  ['the network', error('connect ECONNREFUSED', { code: 'ECONNREFUSED', errno: -111 })],
  ['TLS', error('self-signed certificate', { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' })],
]

test.each(refused)('%s sees it, and no other driver’s does', (name, thrown) => {
  const seeing = Object.entries(classifiers).filter(([, is]) => is(thrown))
  expect(seeing.map(([each]) => each).sort()).toEqual(['isAuthFailure', name].sort())
})

test.each(other)('%s: not about the password', (_, thrown) => {
  expect(Object.entries(classifiers).filter(([, is]) => is(thrown))).toEqual([])
})

test.each([undefined, null, 'WRONGPASS', 18, { message: 18 }])('%s is no error of a driver', thrown => {
  expect(classifiers.isAuthFailure(thrown)).toBe(false)
})
