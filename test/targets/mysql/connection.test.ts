import { afterAll, afterEach, describe, expect, test } from 'vitest'
import type { MysqlTargetOptions } from '../../../core/targets/mysql/index.ts'
import { startMysql } from '../../stand/mysql.ts'
import { startProxy } from '../../stand/proxy.ts'
import { requireServer, until } from '../../stand/stand.ts'
import { admin, call, createLogin, credential, failure, freshName, letsIn, target, writer } from './fixture.ts'

// as durable as servers are: one is killed here
const server = requireServer(await startMysql({ conf: { 'innodb-flush-log-at-trx-commit': 1, 'sync-binlog': 1 } }))

describe.skipIf(server === undefined)('connections that are lost, held and cut', async () => {
  if (server === undefined) return
  const proxy = await startProxy(server)
  afterEach(() => until(() => server.sql('SELECT 1')))
  afterAll(async () => {
    await proxy.stop()
    await server.stop()
  })
  // in plaintext, so that the proxy sees what passes
  const through = (more: Partial<MysqlTargetOptions> = {}) =>
    target(server, {
      endpoints: [writer(proxy)],
      tls: { mode: 'disable' },
      serverPublicKey: server.publicKey(),
      ...more,
    })
  const made = async () => {
    const current = await createLogin(server, freshName('app'))
    return { current, pending: credential(current.username) }
  }

  test.each(['itself', 'admin'] as const)(
    'the answer to a change is lost, by %s: unknown, and the same call again is safe',
    async by => {
      const change = await made()
      const t = through(by === 'admin' ? { admin: admin(server) } : {})
      for (const how of ['delivered', 'swallowed'] as const) {
        void proxy.loseAnswerTo('ALTER USER', how)
        await failure(t.set(change, call()), 'unknown-outcome')
        expect(await letsIn(server, change.current)).toBe(true)
        await t.set(change, call())
        expect([await letsIn(server, change.current), await letsIn(server, change.pending)]).toEqual([true, true])
        const back = { previous: change.pending, current: change.current }
        void proxy.loseAnswerTo('ALTER USER', how)
        await failure(t.end(back, call()), 'unknown-outcome')
        expect(await letsIn(server, change.current)).toBe(true)
        await t.end(back, call())
        expect([await letsIn(server, change.current), await letsIn(server, change.pending)]).toEqual([true, false])
      }
    },
  )

  test('a change that the network holds back is never made: the server has ended the session', async () => {
    const { current, pending } = await made()
    const held = proxy.loseAnswerTo('ALTER USER', 'held')
    const began = performance.now()
    const setting = through().set({ current, pending }, call(8000))
    await held
    await failure(setting, 'unknown-outcome')
    // long before our own deadline: whatever came later would find nobody to listen
    expect(performance.now() - began).toBeLessThan(6500)
    expect([await letsIn(server, current), await letsIn(server, pending)]).toEqual([true, false])
  })

  test('a server that does not answer: no longer than the deadline', async () => {
    const change = await made()
    const go = proxy.stall()
    const began = performance.now()
    await failure(through().set(change, call(800)), 'target-unreachable')
    expect(performance.now() - began).toBeLessThan(8_000) // the driver’s own would be ten seconds
    go()
  })

  test('an interruption ends a login that is under way', async () => {
    const { current } = await made()
    const go = proxy.stall()
    const stopping = new AbortController()
    setTimeout(() => stopping.abort(), 100)
    await failure(through().accepts(current, call(20_000, stopping.signal)), 'aborted')
    go()
  })

  test('too little time for the server to keep a limit: no-time, before anything is changed', async () => {
    const change = await made()
    for (const by of [{}, { admin: admin(server) }]) await failure(through(by).set(change, call(2500)), 'no-time')
    expect(await letsIn(server, change.pending)).toBe(false)
  })

  test('somebody else holds the lock of the login: target-busy, and nothing was changed', async () => {
    const change = await made()
    const other = await server.connect()
    await other.query(`SELECT GET_LOCK('lockstep:${Buffer.from(change.current.username).toString('base64url')}', 0)`)
    await failure(through().set(change, call(4500)), 'target-busy')
    expect(await letsIn(server, change.pending)).toBe(false)
    await other.end()
  })

  test('the server is restarted in the middle of set: what it had taken is kept', async () => {
    const change = await made()
    const lost = proxy.loseAnswerTo('ALTER USER', 'silent')
    const setting = failure(through().set(change, call()), 'unknown-outcome')
    await lost
    await server.down('SIGKILL')
    await setting
    await failure(through().accepts(change.current, call()), 'target-unreachable')
    await server.up()
    await through().set(change, call())
    expect([await letsIn(server, change.current), await letsIn(server, change.pending)]).toEqual([true, true])
  })
})
