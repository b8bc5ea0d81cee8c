import { describe, expect, test } from 'vitest'
import type { ErrorCode } from '../../../core/errors.ts'
import { createOracleTarget } from '../../../core/targets/oracle/index.ts'
import { call, credential, failure, populated, target, writer } from './fixture.ts'

describe('a refused login', () => {
  test.each<[string, ErrorCode]>([
    ['ORA-01017', 'auth-failed'],
    ['ORA-28000', 'login-locked'],
    ['ORA-28001', 'login-expired'],
    ['ORA-28032', 'login-expired'],
    ['ORA-01045', 'permission-missing'],
    ['ORA-01033', 'target-busy'],
    ['ORA-12514', 'target-busy'],
    ['ORA-12541', 'target-unreachable'],
    ['NJS-503', 'target-unreachable'],
    ['NJS-510', 'target-unreachable'],
    ['NJS-518', 'target-unreachable'],
    ['NJS-506', 'tls-failed'],
    ['NJS-508', 'tls-failed'],
    ['NJS-533', 'unsupported'],
    ['NJS-116', 'unsupported'],
  ])('%s is %s', async (code, mapped) => {
    const { stub, current } = populated()
    stub.fail = doing => (doing === 'login' ? code : undefined)
    const error = await failure(target(stub).test(current, call(stub)), mapped)
    expect(error.foreign).toBe(code)
    expect(stub.tried).toHaveLength(1) // never tried again: the server counts
    expect(stub.tried[0]!.attributes.retryCount).toBe(0)
  })
})

describe('a refused change', () => {
  test.each<[string, ErrorCode]>([
    ['ORA-28003', 'value-rejected'],
    ['ORA-28007', 'value-rejected'],
    ['ORA-20001', 'value-rejected'],
    ['ORA-00972', 'value-rejected'],
    ['ORA-01031', 'permission-missing'],
    ['ORA-28227', 'unsupported'],
    ['ORA-28008', 'auth-failed'],
    ['ORA-16000', 'target-busy'],
    ['ORA-65066', 'unsupported'],
    ['NJS-123', 'unknown-outcome'],
    ['NJS-500', 'unknown-outcome'],
    ['NJS-501', 'unknown-outcome'],
  ])('%s is %s', async (code, mapped) => {
    const { stub, current } = populated()
    stub.fail = doing => (doing === 'change' ? code : undefined)
    const error = await failure(target(stub).set({ current, pending: credential() }, call(stub)), mapped)
    expect(error.foreign).toBe(code)
  })
})

describe('time', () => {
  test('a server that does not answer: target-unreachable at the deadline, aborted at the signal', async () => {
    const { stub, current } = populated()
    stub.silentPort = 1521
    await failure(target(stub).accepts(current, call(stub, 100)), 'target-unreachable')
    const giveUp = new AbortController()
    setTimeout(() => giveUp.abort(), 50)
    await failure(target(stub).accepts(current, call(stub, 20_000, giveUp.signal)), 'aborted')
  })

  test('a change that is not answered is unknown-outcome, and the driver is told the limit', async () => {
    const { stub, current } = populated()
    const limits: number[] = []
    const open = stub.getConnection.bind(stub)
    stub.getConnection = async attributes => {
      const connection = await open(attributes)
      connection.changePassword = () => {
        limits.push(connection.callTimeout)
        return new Promise(() => {})
      }
      return connection
    }
    await failure(target(stub).set({ current, pending: credential() }, call(stub, 500)), 'unknown-outcome')
    expect(limits[0]).toBeGreaterThan(0)
    expect(limits[0]).toBeLessThan(260)
    expect(stub.open).toBe(0)
  })

  test('a connection that opens after we have gone is closed', async () => {
    const { stub, current } = populated()
    let release = () => {}
    const open = stub.getConnection.bind(stub)
    stub.getConnection = async attributes => {
      await new Promise<void>(resolve => {
        release = resolve
      })
      return open(attributes)
    }
    await failure(target(stub).accepts(current, call(stub, 50)), 'target-unreachable')
    release()
    await expect.poll(() => [stub.tried.length, stub.open]).toEqual([1, 0])
  })
})

test('what cannot be configured', () => {
  const make = (more: object) => () =>
    createOracleTarget(
      {
        strategy: 'dual-password',
        endpoints: [writer()],
        tls: { mode: 'verify-full' },
        owner: 'lockstep:test/secret',
        ...more,
      },
      { now: () => 0 },
    )
  expect(make({})).not.toThrow()
  for (const wrong of [
    { endpoints: [writer({ role: 'reader' })] },
    { endpoints: [writer({ host: 'db?wallet_location=/tmp' })] },
    { endpoints: [writer({ service: 'app:pooled?x=1' })] },
    { tls: { mode: 'require' } },
    { tls: { mode: 'verify-full', servername: 'other.example' } },
    { tls: { mode: 'verify-full', ca: '-----BEGIN CERTIFICATE-----' } },
  ])
    expect(make(wrong), JSON.stringify(wrong)).toThrow(expect.objectContaining({ code: 'config-invalid' }))
})
