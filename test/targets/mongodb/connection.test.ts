/** Connections that fail, over MongoDB's protocol as FerretDB speaks it. */
import { getEventListeners } from 'node:events'
import { afterAll, describe, expect, test } from 'vitest'
import { startFerretDB } from '../../stand/ferretdb.ts'
import { startProxy } from '../../stand/proxy.ts'
import { freePort, requireServer, until } from '../../stand/stand.ts'
import {
  alternating,
  asAdmin,
  call,
  createPair,
  createUser,
  credential,
  failure,
  freshName,
  target,
  writer,
} from './fixture.ts'

const server = requireServer(await startFerretDB())

describe.skipIf(!server)('protocol (FerretDB 2.7.0): connections that fail', async () => {
  if (!server) return
  const proxy = await startProxy(server)
  afterAll(async () => {
    await (await asAdmin(server)).close()
    await proxy.stop()
    await server.stop()
  })
  const proxied = target({ endpoints: [writer(proxy)] })
  const direct = target({ endpoints: [writer(server)] })
  const change = async () => {
    const current = await createUser(server, freshName('app'))
    return { current, pending: credential(current.username) }
  }
  const valid = async ({ current, pending }: Awaited<ReturnType<typeof change>>) => {
    const accepts = async (who: typeof current) => (await direct.accepts(who, call())).accepted.length === 1
    return [(await accepts(current)) && 'current', (await accepts(pending)) && 'pending'].filter(Boolean)
  }
  const CHANGE = '\u0002pwd\0'

  test('the answer is lost after the change was applied: unknown-outcome, and a repeat finishes', async () => {
    const moved = await change()
    void proxy.loseAnswerTo(CHANGE, 'delivered')
    await failure(proxied.set(moved, call()), 'unknown-outcome')
    await until(async () => expect(await valid(moved)).toEqual(['pending']))
    await proxied.set({ current: moved.pending, pending: moved.pending }, call())
    await proxied.test(moved.pending, call())
  })

  test('the change never arrives: unknown-outcome too, and nothing was changed', async () => {
    const moved = await change()
    void proxy.loseAnswerTo(CHANGE, 'swallowed')
    await failure(proxied.set(moved, call()), 'unknown-outcome')
    expect(await valid(moved)).toEqual(['current'])
  })

  test('no answer comes, and the connection stays open: unknown-outcome when the time is over', async () => {
    const moved = await change()
    void proxy.loseAnswerTo(CHANGE, 'silent')
    const began = Date.now()
    await failure(proxied.set(moved, call(3000)), 'unknown-outcome')
    expect(Date.now() - began).toBeLessThan(15_000)
    await until(async () => expect(await valid(moved)).toEqual(['pending']))
  })

  test('half open before the login: target-unreachable within the time, aborted at once', async () => {
    const { current } = await change()
    const resume = proxy.stall()
    try {
      const began = Date.now()
      await failure(proxied.test(current, call(800)), 'target-unreachable')
      const abort = new AbortController()
      const waiting = failure(proxied.test(current, call(20_000, abort.signal)), 'aborted')
      setTimeout(() => abort.abort(), 100)
      await waiting
      expect(Date.now() - began).toBeLessThan(15_000)
    } finally {
      resume()
    }
    await proxied.test(current, call())
  })

  test('aborted before, or out of time before: nothing is dialled', async () => {
    const { current } = await change()
    const before = proxy.connections
    await failure(proxied.test(current, call(20_000, AbortSignal.abort())), 'aborted')
    await failure(proxied.test(current, call(0)), 'no-time')
    expect(proxy.connections).toBe(before)
  })

  test('nothing is left of a call, good or failed: no timer, no listener, no connection', async () => {
    const { current } = await change()
    const kinds = () =>
      process.getActiveResourcesInfo().filter(kind => /^(Timeout|TCPSocketWrap|TCPWrap)$/.test(kind)).length
    await until(() => expect(process.getActiveResourcesInfo()).not.toContain('TLSWrap'))
    const before = kinds()
    const calling = call(60_000)
    await direct.test(current, calling)
    await direct.accepts(credential(current.username), calling)
    expect(getEventListeners(calling.signal, 'abort')).toEqual([])
    await until(() => expect(kinds()).toBeLessThanOrEqual(before), 3000)
  })

  test('nobody listens, or the name does not exist: target-unreachable, at once', async () => {
    const { current } = await change()
    const at = (more: object) => target({ endpoints: [writer(server, more)] }).accepts(current, call())
    const began = Date.now()
    const refused = await failure(at({ port: await freePort() }), 'target-unreachable')
    expect(refused.foreign).toBe('ECONNREFUSED')
    expect(Date.now() - began).toBeLessThan(15_000)
    await failure(at({ host: 'nowhere.invalid' }), 'target-unreachable')
    for (const host of ['a,b', 'user@host', 'a/b', '']) await failure(at({ host }), 'config-invalid')
  })

  test('the server restarts between the steps, and while its answer is awaited', async () => {
    const pair = await createPair(server)
    const pending = credential(pair.users[1])
    const t = alternating(server, pair)
    const through = alternating(server, pair, { endpoints: [writer(proxy)] })
    void proxy.loseAnswerTo(CHANGE, 'delivered')
    await failure(through.set({ current: pair.current, pending }, call()), 'unknown-outcome')
    await (await asAdmin(server)).close()
    await server.down('SIGKILL')
    await failure(t.test(pending, call()), 'target-unreachable')
    await failure(t.set({ current: pair.current, pending }, call()), 'target-unreachable')
    await server.up()
    await t.set({ current: pair.current, pending }, call())
    await t.test(pending, call())
    await t.test(pair.current, call())
    await server.down('SIGKILL')
    await server.up()
    await t.end({ previous: pair.current, current: pending }, call())
    expect((await t.accepts(pair.current, call())).accepted).toEqual([])
    await t.test(pending, call())
  })
})
