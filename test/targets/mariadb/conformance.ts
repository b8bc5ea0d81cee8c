/** The conformance suite over a real server of one version, all strategies; then what is left in that server. */
import { afterAll, describe, expect, test } from 'vitest'
import type { Credential } from '../../../core/secret/credential.ts'
import type { MariadbTargetOptions } from '../../../core/targets/mariadb/index.ts'
import { type SettableFixture, settableTargetConformance } from '../../../core/testing/settable-target-conformance.ts'
import { type Mariadb, type MariadbVersion, startMariadb } from '../../stand/mariadb.ts'
import { startProxy, type TcpProxy } from '../../stand/proxy.ts'
import { freePort, requireServer, until } from '../../stand/stand.ts'
import {
  admin,
  alternating,
  createLogin,
  createPair,
  freshName,
  newPassword,
  strategies,
  target,
  writer,
} from './fixture.ts'

export async function conformanceOn(version: MariadbVersion): Promise<void> {
  const server = requireServer(await startMariadb({ version }))
  describe.skipIf(server === undefined)(`MariaDB ${version}`, async () => {
    if (server === undefined) return
    const proxy = await startProxy(server)
    const nowhere = await freePort()
    afterAll(async () => {
      await proxy.stop()
      await server.stop()
    })

    for (const strategy of strategies)
      for (const by of strategy === 'single-user' ? (['itself', 'admin'] as const) : (['admin'] as const))
        describe(`${strategy}, changed by ${by === 'admin' ? 'the admin' : 'the login itself'}`, () => {
          const make = () => fixture(server, proxy, nowhere, strategy, by)
          for (const { name, run } of settableTargetConformance(make)) test(name, run)
        })

    test('every session was closed', async () => {
      const left = `SELECT ID FROM information_schema.PROCESSLIST WHERE USER <> 'system user' AND ID <> CONNECTION_ID()`
      await until(async () => expect(await server.sql(left)).toEqual([]), 2000)
    })

    test('nothing that the server wrote holds a password: tables, general log, binlog, error log', async () => {
      await server.sql('FLUSH TABLES; FLUSH LOGS')
      const written = server.written()
      // they do hold the statements, each at least twice: as it came, and as it was replicated
      expect(written.split("OR mysql_native_password USING '*").length).toBeGreaterThan(20)
      expect(written).toContain('SET PASSWORD')
      for (const text of ['Canary/', 'Wrong-canary', 'Aw1-']) expect(written.includes(text), text).toBe(false)
    })
  })
}

/** Over plaintext, so that the proxy can see what passes; tls.test.ts is about TLS. */
async function fixture(
  server: Mariadb,
  proxy: TcpProxy,
  nowhere: number,
  strategy: MariadbTargetOptions['strategy'],
  by: 'itself' | 'admin',
): Promise<SettableFixture> {
  const pair = strategy === 'alternating-users' ? await createPair(server) : undefined
  // a name that needs quoting
  const current = pair?.current ?? (await createLogin(server, freshName(`A 'é"\`\\`)))
  const endpoints = [writer(server, { port: proxy.port }), writer(server, { name: 'direct', role: 'pooler' })]
  const made = (more: Partial<MariadbTargetOptions> = {}) => {
    const options = { strategy, endpoints, admin: by === 'admin' ? admin(server) : undefined, ...more }
    return pair ? alternating(server, pair, options) : target(server, options)
  }
  return {
    target: made(),
    unreachable: made({ endpoints: [...endpoints, writer(server, { name: 'gone', role: 'reader', port: nowhere })] }),
    current,
    newPassword,
    now: () => Date.now(),
    loseNextAnswer: () => void proxy.loseAnswerTo('max_statement_time'),
    async connect({ username, password }: Credential) {
      const connection = await server.connect(username, password.reveal())
      return {
        use: async () => void (await connection.query('SELECT 1')),
        close: () => connection.end().catch(() => {}),
      }
    },
  }
}
