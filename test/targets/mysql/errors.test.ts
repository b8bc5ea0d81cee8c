import { inspect } from 'node:util'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { type ErrorCode, RotationError } from '../../../core/errors.ts'
import { createMysqlTarget, type MysqlTargetOptions } from '../../../core/targets/mysql/index.ts'
import { dialect } from '../../../core/targets/mysql/options.ts'
import { mapError, type Phase } from '../../../core/targets/mysql-wire/errors.ts'
import { call, credential, failure } from './fixture.ts'

const where = { at: 'writer', plaintext: false }
const byServer = (errno: number) => Object.assign(new Error(''), { errno, code: 'ER_X', sqlState: 'HY000' })
const byDriver = (code: string | undefined, message = '', more = {}) =>
  Object.assign(new Error(message), { code, ...more })

/** What cannot be provoked on the servers of the other tests, and the rules that two phases differ in. */
const numbers: readonly [phase: Phase, errno: number, expected: ErrorCode][] = [
  ['login', 1045, 'auth-failed'],
  ['login', 1698, 'auth-failed'],
  ['login', 4151, 'login-locked'],
  ['login', 1130, 'login-locked'],
  ['login', 1129, 'login-locked'],
  ['login', 1820, 'login-expired'],
  ['login', 1203, 'target-busy'],
  ['login', 1053, 'target-busy'],
  ['login', 3032, 'target-busy'],
  ['login', 1524, 'unsupported'],
  ['login', 1043, 'target-unreachable'],
  ['statement', 1053, 'target-busy'],
  ['change', 1053, 'unknown-outcome'],
  ['change', 1317, 'target-busy'],
  ['change', 1205, 'target-busy'],
  ['change', 4031, 'target-busy'],
  ['change', 1836, 'target-busy'],
  ['change', 1044, 'permission-missing'],
  ['change', 1396, 'identity-mismatch'],
  ['change', 1820, 'login-expired'],
  ['change', 3892, 'unsupported'],
  ['change', 3894, 'unsupported'],
  ['change', 3895, 'unsupported'],
  ['change', 1064, 'unsupported'],
  ['probe', 1146, 'probe-failed'],
  ['probe', 1053, 'target-busy'],
]

const codes: readonly [phase: Phase, error: Error, expected: ErrorCode][] = [
  ['login', byDriver('ECONNREFUSED', '', { errno: -111, syscall: 'connect' }), 'target-unreachable'],
  ['login', byDriver('ETIMEDOUT'), 'target-unreachable'],
  ['login', byDriver('PROTOCOL_CONNECTION_LOST'), 'target-unreachable'],
  ['change', byDriver('PROTOCOL_CONNECTION_LOST'), 'unknown-outcome'],
  ['change', byDriver('ECONNRESET', '', { errno: -104 }), 'unknown-outcome'],
  ['change', byDriver(undefined, "Can't add new command when connection is in closed state"), 'unknown-outcome'],
  ['statement', byDriver('PROTOCOL_CONNECTION_LOST'), 'target-unreachable'],
  ['login', byDriver('HANDSHAKE_NO_SSL_SUPPORT'), 'tls-failed'],
  ['login', byDriver('HANDSHAKE_SSL_ERROR', 'self-signed certificate in certificate chain'), 'tls-failed'],
  ['login', byDriver('HANDSHAKE_SSL_ERROR', 'read ECONNRESET', { syscall: 'read' }), 'target-unreachable'],
  ['login', byDriver('AUTH_SWITCH_PLUGIN_ERROR'), 'unsupported'],
  ['login', byDriver('MYSQL_CLEAR_PASSWORD_NOT_ENABLED'), 'unsupported'],
]

describe('errors of mysql2, sockets and TLS', () => {
  test.each(numbers)('%s %i: %s', (phase, errno, expected) => {
    expect(mapError(byServer(errno), phase, where, dialect)).toMatchObject({ code: expected, foreign: String(errno) })
  })

  test.each(codes)('%s %s: %s', (phase, error, expected) => {
    expect(mapError(error, phase, where, dialect).code).toBe(expected)
  })

  test('a server may mean something else by a number', () => {
    const other = {
      ...dialect,
      outcome: (errno: number) => (errno === 1396 ? (['value-rejected', 'x'] as const) : undefined),
    }
    expect(mapError(byServer(1396), 'change', where, other).code).toBe('value-rejected')
    expect(mapError(byServer(1045), 'login', where, other).code).toBe('auth-failed')
  })

  test('nothing of a foreign error is kept but its number or code', () => {
    const canary = 'canary-4711'
    const sql = `ALTER USER a IDENTIFIED BY '${canary}'`
    const errors = [
      Object.assign(byServer(1064), { sql, sqlMessage: sql, message: sql }),
      Object.assign(new Error(sql, { cause: canary }), { code: `bad ${canary}`, sql }),
    ]
    for (const error of errors)
      for (const phase of ['login', 'statement', 'change', 'probe'] as const)
        expect(inspect(mapError(error, phase, where, dialect), { depth: 9, showHidden: true })).not.toContain(canary)
    for (const odd of [undefined, null, 'text', 7])
      expect(mapError(odd, 'login', where, dialect)).toBeInstanceOf(RotationError)
  })
})

const endpoint = { name: 'a', host: 'h', role: 'writer' } as const
const made = (options: Partial<MysqlTargetOptions>) =>
  createMysqlTarget(
    { strategy: 'dual-password', endpoints: [endpoint], tls: { mode: 'disable' }, owner: 'lockstep:x/y', ...options },
    { now: () => Date.now() },
  )

describe('without the package mysql2', () => {
  afterEach(() => vi.doUnmock('mysql2'))

  test('driver-missing, saying what to install', async () => {
    vi.doMock('mysql2', () => {
      throw new Error('Cannot find package')
    })
    const error = await failure(made({}).accepts(credential('u'), call()), 'driver-missing')
    expect(error.next).toContain('npm install mysql2')
  })
})

describe('configurations that cannot be', () => {
  test.each([
    ['no writer', { endpoints: [{ ...endpoint, role: 'reader' as const }] }],
    ['two writers', { endpoints: [endpoint, { ...endpoint, name: 'b' }] }],
    ['no pair', { strategy: 'alternating-users' as const }],
    ['a pair of one', { strategy: 'alternating-users' as const, users: ['x', 'x'] as const }],
  ])('%s: config-invalid', (_, options) => {
    expect(() => made(options)).toThrow(expect.objectContaining({ code: 'config-invalid' }))
  })
})
