import { describe, expect, test } from 'vitest'
import type { ErrorCode } from '../../../core/errors.ts'
import { mapError, type Phase } from '../../../core/targets/redis/errors.ts'

const where = { at: 'primary', plaintext: false }
const reply = (message: string) => new Error(message)

describe('what the server answers', () => {
  const answers: readonly (readonly [answer: string, phase: Phase, code: ErrorCode])[] = [
    ['WRONGPASS invalid username-password pair or user is disabled.', 'login', 'auth-failed'],
    ['DENIED Redis is running in protected mode because protected mode is enabled', 'login', 'login-locked'],
    ["ERR wrong number of arguments for 'auth' command", 'login', 'unsupported'],
    ['ERR max number of clients reached', 'login', 'target-busy'],
    ['ERR max number of clients + cluster connections reached', 'login', 'target-busy'],
    ['NOAUTH Authentication required.', 'statement', 'permission-missing'],
    ["NOPERM User app has no permissions to run the 'acl|setuser' command", 'change', 'permission-missing'],
    ["NOPERM User app has no permissions to run the 'get' command", 'probe', 'probe-failed'],
    ['WRONGTYPE Operation against a key holding the wrong kind of value', 'probe', 'probe-failed'],
    ['LOADING Redis is loading the dataset in memory', 'statement', 'target-busy'],
    ['MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to no.', 'probe', 'target-busy'],
    ['CLUSTERDOWN Hash slot not served', 'probe', 'target-busy'],
    ["READONLY You can't write against a read only replica.", 'probe', 'target-busy'],
    [
      'MISCONF Redis is configured to save RDB snapshots, but it is currently unable to persist to disk',
      'probe',
      'target-busy',
    ],
    ["OOM command not allowed when used memory > 'maxmemory'.", 'change', 'target-busy'],
    ['ERR Rewriting config file: Permission denied', 'statement', 'unsupported'],
    ['ERR There was an error trying to save the ACLs.', 'statement', 'unsupported'],
    ["ERR unknown command 'ACL', with args beginning with: 'GETUSER'", 'statement', 'unsupported'],
    ["ERR CONFIG SET failed (possibly related to argument 'requirepass') - too long", 'change', 'value-rejected'],
    [
      "ERR Error in ACL SETUSER modifier '<Canary-in-the-answer': The password you are trying to remove",
      'change',
      'unsupported',
    ],
  ]
  test.each(answers)('%s (%s): %s', (answer, phase, code) => {
    const error = mapError(reply(answer), phase, where)
    expect(error).toMatchObject({ code, at: 'primary', foreign: answer.slice(0, answer.indexOf(' ')) })
    expect(JSON.stringify(error) + error.stack).not.toContain('Canary')
    expect(error.message).not.toContain('User app')
  })
})

describe('what sockets and the driver throw', () => {
  test.each([
    ['login', 'target-unreachable'],
    ['statement', 'target-unreachable'],
    ['change', 'unknown-outcome'],
  ] as const)('a connection that ends, at %s: %s', (phase, code) => {
    expect(mapError(new Error('Socket closed unexpectedly'), phase, where).code).toBe(code)
    expect(mapError(Object.assign(new Error('x'), { code: 'ECONNRESET' }), phase, where).code).toBe(code)
  })

  test('TLS', () => {
    const error = Object.assign(new Error('x'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' })
    expect(mapError(error, 'login', where)).toMatchObject({
      code: 'tls-failed',
      foreign: 'DEPTH_ZERO_SELF_SIGNED_CERT',
    })
  })
})
