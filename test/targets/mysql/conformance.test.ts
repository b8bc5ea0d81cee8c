import { afterAll, describe, expect, test } from 'vitest'
import type { Credential } from '../../../core/secret/credential.ts'
import type { MysqlTargetOptions } from '../../../core/targets/mysql/index.ts'
import { type SettableFixture, settableTargetConformance } from '../../../core/testing/settable-target-conformance.ts'
import { type Mysql, startMysql } from '../../stand/mysql.ts'
import { startProxy, type TcpProxy } from '../../stand/proxy.ts'
import { freePort, requireServer, until } from '../../stand/stand.ts'
import {
  admin,
  alternating,
  canaries,
  createLogin,
  createPair,
  freshName,
  newPassword,
  strategies,
  target,
  writer,
} from './fixture.ts'

const server = requireServer(await startMysql())

describe.skipIf(server === undefined)(`MySQL ${server?.version}`, async () => {
  if (server === undefined) return
  const proxy = await startProxy(server)
  const nowhere = await freePort()
  afterAll(async () => {
    await proxy.stop()
    await server.stop()
  })

  for (const strategy of strategies)
    for (const by of strategy === 'alternating-users' ? (['admin'] as const) : (['itself', 'admin'] as const))
      describe(`${strategy}, changed by ${by === 'admin' ? 'the admin' : 'the login itself'}`, () => {
        const make = () => fixture(server, proxy, nowhere, strategy, by)
        // a login does not see whether its own account has a second password
        const without = by === 'itself' ? (['sight'] as const) : []
        for (const { name, run } of settableTargetConformance(make, { without })) test(name, run)
      })

  test('every session was closed', async () => {
    const left = "SELECT ID FROM information_schema.PROCESSLIST WHERE USER NOT IN ('root', 'event_scheduler')"
    await until(async () => expect(await server.sql(left)).toEqual([]), 2000)
  })

  test('the server wrote no password in clear: error log, general log, slow log, binary log', () => {
    const written = server.written()
    const general = written.get('general.log')!.toString()
    // it does log the statements
    expect(general.includes('IDENTIFIED BY <secret> RETAIN CURRENT PASSWORD')).toBe(true)
    expect(general.includes('IDENTIFIED BY <secret> REPLACE <secret>')).toBe(true)
    expect(written.get('binlog.000001')!.includes('RETAIN CURRENT PASSWORD')).toBe(true)
    expect(written.get('slow.log')!.includes('RETAIN CURRENT PASSWORD')).toBe(true)
    for (const [name, content] of written)
      for (const canary of [...canaries, 'Wrong-canary', `Aw1-'"`])
        expect(content.includes(canary), `${name} shows a password`).toBe(false)
  })
})

/** Over plaintext, so that the proxy can see what passes; tls.test.ts is about TLS. */
async function fixture(
  server: Mysql,
  proxy: TcpProxy,
  nowhere: number,
  strategy: MysqlTargetOptions['strategy'],
  by: 'itself' | 'admin',
): Promise<SettableFixture> {
  const pair = strategy === 'alternating-users' ? await createPair(server) : undefined
  // a name that needs quoting
  const current = pair?.current ?? (await createLogin(server, freshName(`A 'é"\\`)))
  const endpoints = [writer(server, { port: proxy.port }), writer(server, { name: 'direct', role: 'pooler' })]
  const made = (more: Partial<MysqlTargetOptions> = {}) => {
    const options = {
      strategy,
      endpoints,
      tls: { mode: 'disable' as const },
      serverPublicKey: server.publicKey(),
      ...more,
    }
    if (pair) return alternating(server, pair, options)
    return target(server, { ...options, ...(by === 'admin' && { admin: admin(server) }) })
  }
  return {
    target: made(),
    unreachable: made({ endpoints: [...endpoints, writer(server, { name: 'gone', role: 'reader', port: nowhere })] }),
    current,
    newPassword,
    now: () => Date.now(),
    loseNextAnswer: () => void proxy.loseAnswerTo('ALTER USER'),
    async connect({ username, password }: Credential) {
      const connection = await server.connect(username, password.reveal())
      return {
        use: async () => void (await connection.query('SELECT 1')),
        close: () => connection.end().catch(() => {}),
      }
    },
  }
}
