/** The contract of targets over MongoDB's protocol, as FerretDB speaks it. It is not MongoDB. */
import { spawnSync } from 'node:child_process'
import { afterAll, describe, expect, test } from 'vitest'
import type { Credential } from '../../../core/secret/credential.ts'
import { type SettableFixture, settableTargetConformance } from '../../../core/testing/settable-target-conformance.ts'
import { type FerretDB, startFerretDB } from '../../stand/ferretdb.ts'
import { startProxy, type TcpProxy } from '../../stand/proxy.ts'
import { freePort, requireServer } from '../../stand/stand.ts'
import {
  alternating,
  asAdmin,
  call,
  canaries,
  createPair,
  createUser,
  credential,
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

  test('a twin that is missing is found, made, and takes its turn; again: nothing', async () => {
    const current = await createUser(server, freshName('app'))
    const users = [current.username, `${current.username}_twin`] as const
    const t = alternating(server, { users, current })
    const found = (await t.examine(current, call())).filter(({ weight }) => weight === 'blocks')
    expect(found.map(({ kind }) => kind)).toEqual(['twin-missing'])
    await found[0]!.fix!(call())
    await found[0]!.fix!(call())
    expect((await t.examine(current, call())).filter(({ weight }) => weight === 'blocks')).toEqual([])
    const pending = credential(users[1])
    await t.set({ current, pending }, call())
    await t.test(pending, call())
    await t.end({ previous: current, current: pending }, call())
  })

  // the beginning of every password that the tests make, in clear, in hexadecimal, in base64, as in a URL
  const TRACES = ['Canary/', Buffer.from('Canary/').toString('hex'), 'Q2FuYXJ5L', 'Canary%2F']

  test('no password is in the logs of either server, nor in what PostgreSQL keeps', () => {
    expect(canaries.length).toBeGreaterThan(20)
    const logs = { ferretdb: server.log(), postgres: server.postgres.log() }
    for (const [whose, text] of Object.entries(logs))
      for (const trace of [...TRACES, 'Wrong-canary', `Aw1-'"`])
        expect([whose, text.includes(trace)]).toEqual([whose, false])
    const patterns = TRACES.flatMap(trace => ['-e', trace])
    const found = spawnSync('grep', ['-rlaFi', ...patterns, server.postgres.dataFolder], { encoding: 'utf8' })
    expect(found.stdout).toBe('')
    expect(spawnSync('grep', ['-rlaF', '-e', 'SCRAM-SHA-256$', server.postgres.dataFolder]).status).toBe(0)
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
