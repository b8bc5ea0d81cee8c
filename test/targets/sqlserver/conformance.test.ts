import { afterAll, describe, expect, test } from 'vitest'
import { type SettableFixture, settableTargetConformance } from '../../../core/testing/settable-target-conformance.ts'
import { startProxy } from '../../stand/proxy.ts'
import { freePort, until } from '../../stand/stand.ts'
import { connect, newPassword, onTheWire, populate, target, writer } from './fixture.ts'
import { startTdsStub } from './tds-stub.ts'

describe('a stub of the wire, with the real driver: not a SQL Server', async () => {
  const primary = await startTdsStub()
  const secondary = await startTdsStub()
  const proxy = await startProxy(primary)
  const nowhere = await freePort()
  afterAll(() => Promise.all([proxy, primary, secondary].map(each => each.stop())))

  for (const contained of [false, true]) {
    const make = async (): Promise<SettableFixture> => {
      const current = populate(primary, secondary)
      const endpoints = contained
        ? [writer(proxy), writer(primary, { name: 'listener', role: 'pooler' })]
        : [writer(proxy), writer(secondary, { name: 'secondary', role: 'reader' })]
      const gone = writer(primary, { name: 'gone', role: 'reader', port: nowhere })
      return {
        target: target({ endpoints, contained }),
        unreachable: target({ endpoints: [...endpoints, gone], contained }),
        current,
        newPassword,
        now: () => Date.now(),
        loseNextAnswer: () => void proxy.loseAnswerTo(onTheWire(contained ? 'ALTER USER' : 'ALTER LOGIN')),
        connect: each => connect(primary, each),
      }
    }
    describe(contained ? 'users of a contained database' : 'logins on two servers', () => {
      for (const { name, run } of settableTargetConformance(make)) test(name, run)
    })
  }

  test('every session was closed', () =>
    until(() => expect([...primary.sessions.values(), ...secondary.sessions.values()]).toEqual([]), 2000))
})
