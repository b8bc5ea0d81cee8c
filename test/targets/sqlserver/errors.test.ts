import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import type { ErrorCode } from '../../../core/errors.ts'
import type { Credential } from '../../../core/secret/credential.ts'
import { createSqlServerTarget } from '../../../core/targets/sqlserver/index.ts'
import { call, credential, failure, populate, target, users, writer } from './fixture.ts'
import { startTdsStub } from './tds-stub.ts'

const stub = await startTdsStub()
afterAll(() => stub.stop())
let current: Credential
beforeEach(() => {
  current = populate(stub)
  stub.override = () => undefined
  stub.refuse = () => undefined
})
const endpoints = [writer(stub)]

describe('a refused login', () => {
  test.each<[number, ErrorCode]>([
    [18_456, 'auth-failed'],
    [18_486, 'login-locked'],
    [18_470, 'login-locked'],
    [18_487, 'login-expired'],
    [18_488, 'login-expired'],
    [18_452, 'login-locked'],
    [40_615, 'login-locked'],
    [4060, 'config-invalid'],
    [40_613, 'target-busy'],
    [18_451, 'target-busy'],
    [17_892, 'target-unreachable'],
  ])('%i is %s', async (number, code) => {
    stub.refuse = () => number
    const before = stub.tried.length
    const error = await failure(target({ endpoints }).test(current, call()), code)
    expect(error.foreign).toBe(String(number))
    expect(stub.tried.length - before).toBe(1) // never tried again: the server counts
  })
})

describe('a refused change', () => {
  test.each<[number, ErrorCode]>([
    [15_114, 'value-rejected'],
    [15_115, 'value-rejected'],
    [15_116, 'value-rejected'],
    [15_117, 'value-rejected'],
    [15_118, 'value-rejected'],
    [15_119, 'value-rejected'],
    [15_151, 'permission-missing'],
    [15_247, 'permission-missing'],
    [1222, 'target-busy'],
    [3906, 'target-busy'],
    [6005, 'unknown-outcome'],
    [102, 'unsupported'],
  ])('%i is %s', async (number, code) => {
    stub.override = text => (text.includes('ALTER') ? { error: number } : undefined)
    const error = await failure(target({ endpoints }).set({ current, pending: credential(users[1]) }, call()), code)
    expect(error.foreign).toBe(String(number))
  })
})

test('no server at the port, and no such host, are target-unreachable', async () => {
  const nowhere = target({ endpoints: [writer({ host: '127.0.0.1', port: 1 })] })
  expect((await failure(nowhere.accepts(current, call()), 'target-unreachable')).foreign).toBe('ECONNREFUSED')
  const unknown = target({ endpoints: [writer({ host: 'no-such-host.invalid', port: 1 })] })
  await failure(unknown.accepts(current, call(3000)), 'target-unreachable')
})

test('what cannot be configured', () => {
  const make = (more: object) => () =>
    createSqlServerTarget(
      { strategy: 'alternating-users', users, tls: { mode: 'disable' }, owner: 'o', endpoints, ...more },
      { now: () => 0 },
    )
  for (const wrong of [
    { users: ['a', 'a'] },
    { users: undefined },
    { endpoints: [writer(stub, { role: 'reader' })] },
    { tls: { mode: 'verify-ca' } },
  ])
    expect(make(wrong)).toThrow(expect.objectContaining({ code: 'config-invalid' }))
})
