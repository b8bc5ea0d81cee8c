/** The contract of targets over MongoDB's protocol, as FerretDB speaks it. It is not MongoDB. */
import { afterAll, describe, expect, test } from 'vitest'
import type { Credential } from '../../../core/secret/credential.ts'
import { type SettableFixture, settableTargetConformance } from '../../../core/testing/settable-target-conformance.ts'
import { type FerretDB, startFerretDB } from '../../stand/ferretdb.ts'
import { startProxy, type TcpProxy } from '../../stand/proxy.ts'
import { freePort, requireServer } from '../../stand/stand.ts'
import {
  alternating,
  asAdmin,
  canaries,
  createPair,
  createUser,
  freshName,
  newPassword,
  target,
  writer,
} from './fixture.ts'

const server = requireServer(await startFerretDB())

describe.skipIf(server === undefined)('protocol (FerretDB 2.7.0)', async () => {
  if (server === undefined) return
  const proxy = await startProxy(server)
  const nowhere = await freePort()
  afterAll(async () => {
    await (await asAdmin(server)).close()
    await proxy.stop()
    await server.stop()
  })

  for (const strategy of ['single-user', 'alternating-users'] as const) {
    describe(strategy, () => {
      const make = () => (strategy === 'single-user' ? singleUser : twoUsers)(server, proxy, nowhere)
      for (const { name, run } of settableTargetConformance(make)) test(name, run)
    })
  }

  test('no password in clear is in the log of either server', () => {
    expect(canaries.length).toBeGreaterThan(20)
    const logs = server.log() + server.postgres.log()
    expect(logs).toContain('documentdb_api') // it does log the statements
    for (const text of [...canaries, 'Wrong-canary', `Aw1-'"`]) expect(logs).not.toContain(text)
  })
})

const through = (server: FerretDB, proxy: TcpProxy) => [
  writer(server, { port: proxy.port }),
  writer(server, { name: 'direct', role: 'pooler' }),
]

const common = (server: FerretDB, proxy: TcpProxy) => ({
  newPassword,
  now: () => Date.now(),
  // the name of the field, as BSON has it
  loseNextAnswer: () => void proxy.loseAnswerTo('\u0002pwd\0'),
  async connect({ username, password }: Credential) {
    const client = await server.connect(username, password.reveal(), { maxPoolSize: 1 })
    return {
      use: async () => void (await client.db('app').collection('things').insertOne({ at: 1 })),
      close: () => client.close(),
    }
  },
})

async function singleUser(server: FerretDB, proxy: TcpProxy, nowhere: number): Promise<SettableFixture> {
  const current = await createUser(server, `App 'é" ${freshName('x')}`)
  const endpoints = through(server, proxy)
  return {
    ...common(server, proxy),
    target: target({ endpoints }),
    unreachable: target({ endpoints: [...endpoints, writer(server, { name: 'gone', role: 'reader', port: nowhere })] }),
    current,
  }
}

async function twoUsers(server: FerretDB, proxy: TcpProxy, nowhere: number): Promise<SettableFixture> {
  const pair = await createPair(server)
  const endpoints = through(server, proxy)
  return {
    ...common(server, proxy),
    target: alternating(server, pair, { endpoints }),
    unreachable: alternating(server, pair, {
      endpoints: [...endpoints, writer(server, { name: 'gone', role: 'reader', port: nowhere })],
    }),
    current: pair.current,
  }
}
