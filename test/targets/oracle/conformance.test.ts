import { describe, expect, test } from 'vitest'
import { type SettableFixture, settableTargetConformance } from '../../../core/testing/settable-target-conformance.ts'
import { newPassword, populated, target, writer } from './fixture.ts'

describe('a stub of the driver: not an Oracle', () => {
  const stubs: { readonly open: number }[] = []
  const make = async (): Promise<SettableFixture> => {
    const { stub, current } = populated()
    stubs.push(stub)
    stub.deadPort = 9
    const endpoints = [writer(), writer({ name: 'standby', role: 'reader', port: 1522 })]
    return {
      target: target(stub, { endpoints }),
      unreachable: target(stub, { endpoints: [...endpoints, writer({ name: 'gone', role: 'reader', port: 9 })] }),
      current,
      newPassword,
      now: stub.now,
      loseNextAnswer: () => {
        stub.loseNextAnswer = true
      },
      async connect({ username, password }) {
        const attributes = { user: username, password: password.reveal(), connectString: 'tcps://db.example:1521/app' }
        const options = { connectTimeout: 1, transportConnectTimeout: 1, retryCount: 0, sslServerDNMatch: true }
        const connection = await stub.getConnection({ ...attributes, ...options })
        return {
          use: async () => void (await connection.execute('SELECT 1 FROM dual', {}, { outFormat: 4002 })),
          close: () => connection.close(),
        }
      },
    }
  }
  for (const { name, run } of settableTargetConformance(make)) test(name, run)

  test('every session was closed', () => {
    expect(stubs.length).toBeGreaterThan(15)
    expect(stubs.filter(({ open }) => open !== 0)).toEqual([])
  })
})
