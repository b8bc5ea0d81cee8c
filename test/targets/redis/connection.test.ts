import { getEventListeners } from 'node:events'
import net from 'node:net'
import { afterAll, describe, expect, test } from 'vitest'
import type { TlsOptions } from '../../../core/targets/redis/index.ts'
import { startProxy } from '../../stand/proxy.ts'
import { startRedis } from '../../stand/redis.ts'
import { requireServer } from '../../stand/stand.ts'
import { admin, call, createLogin, credential, failure, node, target, valid } from './fixture.ts'

const server = requireServer(await startRedis({ conf: { maxclients: 20 } }))
const secured = requireServer(await startRedis({ version: 'valkey-9.1', tls: true }))

describe.skipIf(!server || !secured)('connections', async () => {
  if (!server || !secured) return
  afterAll(() => Promise.all([server, secured].map(each => each.stop())))

  test('a server that accepts and says nothing: target-unreachable, after the time for one connection', async () => {
    const proxy = await startProxy(server)
    const go = proxy.stall()
    const current = await createLogin(server)
    const t = target({ endpoints: [node(proxy)], connectTimeout: 200 })
    await failure(t.accepts(current, call()), 'target-unreachable')
    const tls: TlsOptions = { mode: 'require' }
    await failure(
      target({ endpoints: [node(proxy)], connectTimeout: 200, tls }).accepts(current, call()),
      'target-unreachable',
    )
    go()
    await proxy.stop()
  })

  test('the caller gives up in the middle: aborted at once, and nothing of ours is left', async () => {
    const current = await createLogin(server)
    const abort = new AbortController()
    const t = target({ endpoints: [node(server)], probes: ['BLPOP nothing 20'] })
    const testing = failure(t.test(current, call(20_000, abort.signal)), 'aborted')
    const clients = async () => String(await server.command(['CLIENT', 'LIST'])).includes(`user=${current.username}`)
    while (!(await clients())) await new Promise(resolve => setTimeout(resolve, 10))
    abort.abort()
    await testing
    while (await clients()) await new Promise(resolve => setTimeout(resolve, 10))
    expect(getEventListeners(abort.signal, 'abort')).toHaveLength(0)
  })

  test('the time is over in the middle of a probe, and before a change', async () => {
    const current = await createLogin(server)
    const t = target({ endpoints: [node(server)], probes: ['BLPOP nothing 20'], admin: admin(server) })
    await failure(t.test(current, call(300)), 'target-unreachable')
    const pending = credential(current.username)
    const slow = { ...call(), deadline: Date.now() + 200 }
    const error = await t.set({ current, pending }, slow).catch((thrown: { code: string }) => thrown)
    expect(['no-time', 'target-unreachable']).toContain((error as { code: string }).code)
    expect(await valid(server, pending)).toEqual([false])
  })

  test('no connection is free: target-busy', async () => {
    const current = await createLogin(server)
    const idle: net.Socket[] = []
    for (let i = 0; i < 25; i++) idle.push(net.connect(server.port, server.host).on('error', () => {}))
    const t = target({ endpoints: [node(server)] })
    // a connection that is refused is closed in the same breath; what is seen of it depends on who is faster
    const busy = async () => {
      const error = (await t.accepts(current, call()).catch((thrown: unknown) => thrown)) as { code?: string }
      expect(['target-busy', 'target-unreachable']).toContain(error.code)
    }
    await busy()
    for (const socket of idle) socket.destroy()
  })

  test('names and passwords that no server takes are not sent', async () => {
    const t = target({ endpoints: [node(server)] })
    await failure(t.accepts(credential(''), call()), 'value-unsuitable')
    await failure(t.accepts(credential('two words'), call()), 'value-unsuitable')
  })

  test('TLS as configured and never less', async () => {
    const current = await createLogin(secured)
    const { ca } = secured.tls!
    const accepts = (tls: TlsOptions, host = secured.host) =>
      target({ endpoints: [node(secured, { host })], tls }).accepts(current, call())
    const works = { accepted: ['primary'], refused: [] }
    expect(await accepts({ mode: 'verify-full', ca })).toEqual(works)
    expect(await accepts({ mode: 'verify-full', ca }, 'localhost')).toEqual(works)
    expect(await accepts({ mode: 'verify-full', ca, servername: 'db.example.test' })).toEqual(works)
    expect(await accepts({ mode: 'require' })).toEqual(works)
    expect(await accepts({ mode: 'verify-ca', ca, servername: 'other.example.test' })).toEqual(works)
    await failure(accepts({ mode: 'verify-full', ca, servername: 'other.example.test' }), 'tls-failed')
    await failure(accepts({ mode: 'verify-full' }), 'tls-failed')
    await failure(accepts({ mode: 'verify-ca' }), 'tls-failed')
    await failure(accepts({ mode: 'disable' }), 'target-unreachable') // the server hangs up on plaintext
    // Redis without TLS takes the greeting for a command that is not at its end yet, and waits
    const plain = target({ endpoints: [node(server)], tls: { mode: 'require' }, connectTimeout: 200 })
    await failure(plain.accepts(current, call()), 'target-unreachable')
  })

  test('a whole rotation over TLS', async () => {
    const current = await createLogin(secured)
    const pending = credential(current.username)
    const tls: TlsOptions = { mode: 'verify-full', ca: secured.tls!.ca }
    const t = target({ endpoints: [node(secured)], admin: admin(secured), tls })
    await t.set({ current, pending }, call())
    await t.test(pending, call())
    await t.end({ previous: current, current: pending }, call())
    expect(await valid(secured, current, pending)).toEqual([false, true])
    expect(await t.examine(pending, call())).toEqual([])
  })
})
