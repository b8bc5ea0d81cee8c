import { describe, expect, test } from 'vitest'
import type { ErrorCode } from '../../../core/errors.ts'
import { mapError, type Phase } from '../../../core/targets/mongodb/errors.ts'

const where = { at: 'writer', plaintext: false }
const server = (code: number, message = '') => Object.assign(new Error(message), { name: 'MongoServerError', code })
const network = (cause: object) =>
  Object.assign(new Error('outer', { cause: Object.assign(new Error('inner'), cause) }), { name: 'MongoNetworkError' })

describe('numbers of servers', () => {
  test.each<[number, Phase, ErrorCode]>([
    [18, 'login', 'auth-failed'],
    [11, 'login', 'auth-failed'],
    [91, 'login', 'target-busy'],
    [462, 'login', 'target-busy'],
    [334, 'login', 'unsupported'],
    [20001, 'login', 'target-unreachable'],
    [13, 'statement', 'permission-missing'],
    [50, 'statement', 'target-busy'],
    [10107, 'statement', 'target-busy'],
    [13435, 'statement', 'target-busy'],
    [189, 'statement', 'target-busy'],
    [59, 'statement', 'unsupported'],
    [2, 'statement', 'unsupported'],
    [18, 'change', 'auth-failed'],
    [13, 'change', 'permission-missing'],
    [11, 'change', 'identity-mismatch'],
    [51003, 'change', 'target-busy'],
    [10107, 'change', 'target-busy'],
    [189, 'change', 'unknown-outcome'],
    [50, 'change', 'unknown-outcome'],
    [64, 'change', 'unknown-outcome'],
    [112, 'change', 'target-busy'],
    [2, 'change', 'value-rejected'],
    [8000, 'change', 'unsupported'],
    [13, 'probe', 'probe-failed'],
    [2, 'probe', 'probe-failed'],
    [50, 'probe', 'probe-failed'],
    [10107, 'probe', 'target-busy'],
  ])('%i at %s: %s', (code, phase, expected) => {
    const mapped = mapError(server(code), phase, where)
    expect([mapped.code, mapped.foreign, mapped.at]).toEqual([expected, String(code), 'writer'])
  })

  test('Atlas has one number: for a refused login, for a command that it does not take, and for the rest', () => {
    expect(mapError(server(8000, 'bad auth : authentication failed'), 'login', where).code).toBe('auth-failed')
    expect(mapError(server(8000, 'cannot connect to a paused cluster'), 'login', where).code).toBe('target-unreachable')
    expect(mapError(server(8000, 'CMD_NOT_ALLOWED: updateUser'), 'change', where).next).toContain('Administration API')
  })
})

describe('what the driver and sockets throw', () => {
  test.each<[object, Phase, ErrorCode]>([
    [network({ code: 'ECONNREFUSED' }), 'login', 'target-unreachable'],
    [network({ code: 'CERT_HAS_EXPIRED' }), 'login', 'tls-failed'],
    [network({ code: 'SELF_SIGNED_CERT_IN_CHAIN' }), 'statement', 'tls-failed'],
    [network({ code: 'ECONNRESET' }), 'change', 'unknown-outcome'],
    [network({ code: 'ECONNRESET' }), 'probe', 'target-unreachable'],
    [
      Object.assign(new Error(), { name: 'MongoServerSelectionError', cause: network({ code: 'ENOTFOUND' }) }),
      'login',
      'target-unreachable',
    ],
    [Object.assign(new Error(), { name: 'MongoCompatibilityError' }), 'login', 'unsupported'],
    [Object.assign(new Error(), { name: 'MongoRuntimeError' }), 'login', 'unsupported'],
    [Object.assign(new Error('Prohibited character, see hunter2')), 'login', 'value-unsuitable'],
    [Object.assign(new Error(), { name: 'MongoWriteConcernError', code: 100 }), 'change', 'unknown-outcome'],
    [{ name: 'MongoNetworkTimeoutError' }, 'change', 'unknown-outcome'],
  ])('case %#', (thrown, phase, expected) => {
    expect(mapError(thrown, phase, where).code).toBe(expected)
  })

  test('nothing is kept but a short code', () => {
    const thrown = Object.assign(new Error('pwd: hunter2'), {
      name: 'MongoServerError',
      code: 2,
      errorResponse: 'hunter2',
    })
    for (const phase of ['login', 'statement', 'change', 'probe'] as const) {
      const mapped = mapError(thrown, phase, where)
      expect(JSON.stringify(mapped) + mapped.stack + String(mapped.cause)).not.toContain('hunter2')
    }
    for (const odd of [undefined, null, 'text', 5, { code: 'x'.repeat(99) }])
      expect(mapError(odd, 'statement', where).foreign).toBeUndefined()
  })
})
