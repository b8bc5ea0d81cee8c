import { afterAll, describe, expect, test } from 'vitest'
import type { Credential } from '../../../core/secret/credential.ts'
import { type SettableFixture, settableTargetConformance } from '../../../core/testing/settable-target-conformance.ts'
import { type Postgres, startPostgres } from '../../stand/postgres.ts'
import { startProxy, type TcpProxy } from '../../stand/proxy.ts'
import { freePort, requireServer, until } from '../../stand/stand.ts'
import {
  alternating,
  canaries,
  createLogin,
  createPair,
  freshName,
  newPassword,
  rows,
  target,
  versions,
  writer,
} from './fixture.ts'

const conf = { log_statement: 'all', log_min_duration_statement: 0, log_min_error_statement: 'error' }

for (const version of versions) {
  const server = requireServer(await startPostgres({ version, conf }))
  describe.skipIf(server === undefined)(`PostgreSQL ${version}`, async () => {
    if (server === undefined) return
    const proxy = await startProxy(server)
    const nowhere = await freePort()
    afterAll(async () => {
      await proxy.stop()
      await server.stop()
    })

    for (const strategy of ['single-user', 'alternating-users'] as const) {
      describe(strategy, () => {
        const make = () => (strategy === 'single-user' ? singleUser : twoUsers)(server, proxy, nowhere)
        for (const { name, run } of settableTargetConformance(make)) test(name, run)
      })
    }

    test('every session was closed', async () => {
      const left = "SELECT 1 FROM pg_stat_activity WHERE application_name = 'lockstep'"
      await until(async () => expect(await rows(server, left)).toEqual([]), 2000)
    })

    test('the server never saw a password in clear', () => {
      const log = server.log()
      expect(log).toContain('SCRAM-SHA-256$4096:') // it does log the statements
      for (const text of [...canaries, 'Wrong-canary', `Aw1-'"`]) expect(log).not.toContain(text)
    })
  })
}

const through = (server: Postgres, proxy: TcpProxy) => [
  writer(server, { port: proxy.port }),
  writer(server, { name: 'direct', role: 'pooler' }),
]

const common = (server: Postgres, proxy: TcpProxy) => ({
  newPassword,
  now: () => Date.now(),
  loseNextAnswer: () => void proxy.loseAnswerTo('ALTER ROLE'),
  async connect({ username, password }: Credential) {
    const client = await server.connect(username, password.reveal())
    return { use: async () => void (await client.query('SELECT 1')), close: () => client.end().catch(() => {}) }
  },
})

async function singleUser(server: Postgres, proxy: TcpProxy, nowhere: number): Promise<SettableFixture> {
  // a name that needs quoting, and that folding to lower case would change
  const current = await createLogin(server, `App 'é"" ${freshName('x')}`)
  const endpoints = through(server, proxy)
  return {
    ...common(server, proxy),
    target: target({ endpoints }),
    unreachable: target({ endpoints: [...endpoints, writer(server, { name: 'gone', role: 'reader', port: nowhere })] }),
    current: { ...current, username: current.username.replace('""', '"') },
  }
}

async function twoUsers(server: Postgres, proxy: TcpProxy, nowhere: number): Promise<SettableFixture> {
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
