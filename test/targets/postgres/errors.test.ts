import { inspect } from 'node:util'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { type ErrorCode, RotationError } from '../../../core/errors.ts'
import { mapError, type Phase } from '../../../core/targets/postgres/errors.ts'
import { createPostgresTarget } from '../../../core/targets/postgres/index.ts'
import { call, clock, credential, failure, target } from './fixture.ts'

const where = { at: 'writer', plaintext: false }
const thrown = (code: string | undefined, message = '') => Object.assign(new Error(message), { code })

/** What cannot be provoked on the servers of the other tests, and the rules that two phases differ in. */
const table: readonly [phase: Phase, code: string | undefined, message: string, expected: ErrorCode][] = [
  ['login', '28P01', '', 'auth-failed'],
  ['login', '28000', 'role "x" is not permitted to log in', 'login-locked'],
  ['login', '28000', 'no pg_hba.conf entry for host "h", user "u", database "d", no encryption', 'login-locked'],
  ['login', '08P01', 'SASL authentication failed', 'auth-failed'],
  ['login', '08P01', 'server login has been failing, try again later (server_login_retry)', 'target-busy'],
  ['login', '08P01', 'no more connections allowed (max_client_conn)', 'target-busy'],
  ['login', '08P01', 'bouncer config error', 'target-unreachable'],
  ['login', '08P01', 'no such database: x', 'config-invalid'],
  ['login', '57P03', 'the database system is starting up', 'target-busy'],
  ['login', '53300', 'too many clients', 'target-busy'],
  ['login', 'XX000', 'anything', 'target-unreachable'],
  ['login', 'ENOTFOUND', '', 'target-unreachable'],
  ['login', 'EPIPE', '', 'target-unreachable'],
  ['login', undefined, 'timeout expired', 'target-unreachable'],
  ['login', undefined, 'The server does not support SSL connections', 'tls-failed'],
  ['login', undefined, 'SASL: SCRAM-SERVER-FINAL-MESSAGE: server signature does not match', 'unsupported'],
  ['login', 'ERR_TLS_CERT_ALTNAME_INVALID', '', 'tls-failed'],
  ['login', 'SELF_SIGNED_CERT_IN_CHAIN', '', 'tls-failed'],
  ['login', 'CERT_HAS_EXPIRED', '', 'tls-failed'],
  ['login', 'EPROTO', '', 'tls-failed'],
  ['statement', '57P01', '', 'target-busy'],
  ['change', '57P01', '', 'unknown-outcome'],
  ['change', '08006', '', 'unknown-outcome'],
  ['change', 'ECONNRESET', '', 'unknown-outcome'],
  ['change', undefined, 'Connection terminated unexpectedly', 'unknown-outcome'],
  ['statement', undefined, 'Connection terminated unexpectedly', 'target-unreachable'],
  ['change', '57014', 'canceling statement due to statement timeout', 'target-busy'],
  ['change', '25P03', '', 'target-busy'],
  ['change', 'XX000', 'tuple concurrently updated', 'target-busy'],
  ['change', 'XX000', 'something else', 'unsupported'],
  ['change', '42501', 'must be a member of rds_password to alter passwords', 'permission-missing'],
  ['change', '22023', 'password is too short', 'value-rejected'],
  ['change', '28000', 'password must contain digits', 'value-rejected'],
  ['change', 'P0001', 'a hook says no', 'value-rejected'],
  ['statement', 'P0001', '', 'unsupported'],
  ['probe', '42501', '', 'probe-failed'],
  ['probe', '57P01', '', 'target-busy'],
  ['probe', 'ECONNRESET', '', 'target-unreachable'],
]

describe('errors of pg, sockets and TLS', () => {
  test.each(table)('%s %s %s: %s', (phase, code, message, expected) => {
    const mapped = mapError(thrown(code, message), phase, where)
    expect(mapped).toMatchObject({ code: expected, at: 'writer', foreign: code })
  })

  test('plaintext where the server wants TLS', () => {
    const error = thrown('28000', 'no pg_hba.conf entry for host "h", user "u", database "d", no encryption')
    expect(mapError(error, 'login', { ...where, plaintext: true }).code).toBe('tls-failed')
  })

  test('nothing of a foreign error is kept but its code', () => {
    const canary = 'canary-4711'
    const foreign = Object.assign(new Error(`at "${canary}"`, { cause: canary }), {
      code: `bad ${canary}`,
      where: canary,
    })
    for (const phase of ['login', 'statement', 'change', 'probe'] as const)
      expect(inspect(mapError(foreign, phase, where), { depth: 9, showHidden: true })).not.toContain(canary)
    for (const odd of [undefined, null, 'text', 7]) expect(mapError(odd, 'login', where)).toBeInstanceOf(RotationError)
  })
})

describe('without the package pg', () => {
  afterEach(() => vi.doUnmock('pg'))

  test('driver-missing, saying what to install', async () => {
    vi.doMock('pg', () => {
      throw new Error('Cannot find package')
    })
    const t = target({ endpoints: [{ name: 'a', host: 'h', database: 'd', role: 'writer' }] })
    const error = await failure(t.accepts(credential('u'), call()), 'driver-missing')
    expect(error.next).toContain('npm install pg')
  })
})

describe('configurations that cannot be', () => {
  const endpoint = { name: 'a', host: 'h', database: 'd', role: 'writer' } as const
  test.each([
    ['no writer', { endpoints: [{ ...endpoint, role: 'reader' as const }] }],
    ['two writers', { endpoints: [endpoint, { ...endpoint, name: 'b' }] }],
    ['two of one name', { endpoints: [endpoint, { ...endpoint, role: 'reader' as const }] }],
    ['no pair', { endpoints: [endpoint], strategy: 'alternating-users' as const }],
    ['a pair of one', { endpoints: [endpoint], strategy: 'alternating-users' as const, users: ['x', 'x'] as const }],
  ])('%s: config-invalid', (_, options) => {
    expect(() => target(options)).toThrow(expect.objectContaining({ code: 'config-invalid' }))
  })

  test('the clock of the deps is the only one', async () => {
    const options = {
      strategy: 'single-user',
      endpoints: [endpoint],
      tls: { mode: 'disable' },
      owner: 'lockstep:x/y',
    } as const
    const late = createPostgresTarget(options, { now: () => clock.now() + 3_600_000 })
    const call = { signal: new AbortController().signal, deadline: clock.now() + 60_000 }
    await expect(late.accepts({ username: 'u', password: undefined as never }, call)).rejects.toMatchObject({
      code: 'no-time',
    })
  })
})
