import { afterAll, describe, expect, test } from 'vitest'
import { startMariadb } from '../../stand/mariadb.ts'
import { startProxy } from '../../stand/proxy.ts'
import { requireServer, until } from '../../stand/stand.ts'
import {
  admin,
  alternating,
  call,
  createLogin,
  createPair,
  credential,
  failure,
  freshName,
  letIn,
  next,
  single,
  target,
  writer,
} from './fixture.ts'

const server = requireServer(await startMariadb())

describe.skipIf(server === undefined)('when the connection or the server gives way', async () => {
  if (server === undefined) return
  const proxy = await startProxy(server)
  afterAll(async () => {
    await proxy.stop()
    await server.stop()
  })
  const through = { endpoints: [writer(server, { port: proxy.port })] }
  const CHANGE = 'max_statement_time'

  test('a change whose answer was lost is unknown-outcome, applied or not; the repeat is right', async () => {
    for (const how of ['delivered', 'swallowed'] as const) {
      const current = await createLogin(server, freshName('app'))
      const pending = next(current)
      const t = target(server, through)
      void proxy.loseAnswerTo(CHANGE, how)
      await failure(t.set({ current, pending }, call()), 'unknown-outcome')
      await until(async () => expect(await letIn(server, current, pending)).toEqual([true, how === 'delivered']), 2000)
      await t.set({ current, pending }, call())
      void proxy.loseAnswerTo(CHANGE, how)
      await failure(t.end({ previous: current, current: pending }, call()), 'unknown-outcome')
      await t.end({ previous: current, current: pending }, call())
      expect(await letIn(server, current, pending)).toEqual([false, true])
    }
  })

  test('what the network delivers late finds its session ended: nothing is changed after the deadline', async () => {
    const current = await createLogin(server, freshName('app'))
    const pending = next(current)
    void proxy.loseAnswerTo(CHANGE, 'held')
    const limited = call(4_000)
    await failure(target(server, through).set({ current, pending }, limited), 'unknown-outcome')
    expect(Date.now()).toBeLessThan(limited.deadline + 500)
    const left = `SELECT ID FROM information_schema.PROCESSLIST WHERE INFO IS NULL AND USER = 'root' AND ID <> CONNECTION_ID()`
    await until(async () => expect(await server.sql(left)).toEqual([]), 5_000)
    expect(await letIn(server, current, pending)).toEqual([true, false])
  })

  test('a server that is blocked gives the change up before the deadline: target-busy, and nothing was changed', async () => {
    const holder = await server.connect()
    await holder.query('FLUSH TABLES WITH READ LOCK')
    try {
      for (const make of [target, single]) {
        const current = await holderFree()
        const limited = call(4_500)
        await failure(make(server).set({ current, pending: next(current) }, limited), 'target-busy')
        expect(Date.now()).toBeLessThan(limited.deadline)
      }
    } finally {
      await holder.end()
    }
    async function holderFree() {
      await holder.query('UNLOCK TABLES')
      const current = await createLogin(server!, freshName('app'))
      await holder.query('FLUSH TABLES WITH READ LOCK')
      return current
    }
  })

  test('one change of a login at a time: who does not get the lock is target-busy', async () => {
    const current = await createLogin(server, freshName('app'))
    const pending = next(current)
    const holder = await server.connect()
    const name = `lockstep:${Buffer.from(current.username).toString('base64url').slice(0, 54)}`
    await holder.query(`SELECT GET_LOCK('${name}', 0)`)
    for (const t of [target(server), single(server)])
      await failure(t.set({ current, pending }, call(4_000)), 'target-busy')
    expect(await letIn(server, current, pending)).toEqual([true, false])
    await holder.end()
  })

  test('accounts that were changed in part are unknown-outcome, not a refusal; the repeat is right', async () => {
    const current = await createLogin(server, freshName('app'))
    const pending = next(current)
    const ghost = `User = '${current.username}' AND Host = 'zz.example'`
    // in the table, but not among those that the server knows: it changes the first, then fails
    await server.sql(`INSERT INTO mysql.global_priv SELECT 'zz.example', User, Priv FROM mysql.global_priv
      WHERE User = '${current.username}'`)
    for (const t of [target(server), single(server, { admin: admin(server) })]) {
      await failure(t.set({ current, pending }, call()), 'unknown-outcome')
      await target(server)
        .set({ current: pending, pending: current }, call())
        .catch(() => {})
    }
    await server.sql(`DELETE FROM mysql.global_priv WHERE ${ghost}`)
    await target(server).set({ current: pending, pending: current }, call())
    expect(await letIn(server, current, pending)).toEqual([true, true])
  })

  test('an abort in the middle of a change ends it: whatever came of it, the repeat is right', async () => {
    const current = await createLogin(server, freshName('app'))
    const pending = next(current)
    const stop = new AbortController()
    void proxy.loseAnswerTo(CHANGE, 'silent').then(() => stop.abort())
    await failure(target(server, through).set({ current, pending }, call(20_000, stop.signal)), 'unknown-outcome')
    await target(server, through).set({ current, pending }, call())
    expect(await letIn(server, current, pending)).toEqual([true, true])
  })

  test('the server is killed in the middle of a rotation: what it acknowledged is there when it is back', async () => {
    const current = await createLogin(server, freshName('app'))
    const pending = next(current)
    const pair = await createPair(server)
    const twin = credential(pair.users[1])
    await target(server).set({ current, pending }, call())
    await alternating(server, pair).set({ current: pair.current, pending: twin }, call())
    await server.down('SIGKILL')
    await failure(target(server).test(pending, call()), 'target-unreachable')
    await failure(target(server).end({ previous: current, current: pending }, call()), 'target-unreachable')
    await server.up()
    expect(await letIn(server, current, pending, pair.current, twin)).toEqual([true, true, true, true])
    await target(server).set({ current, pending }, call())
    await target(server).end({ previous: current, current: pending }, call())
    await server.down('SIGKILL')
    await server.up()
    expect(await letIn(server, current, pending)).toEqual([false, true])
  })

  test('killed while the change is under way: unknown-outcome, and the next run carries on', async () => {
    const current = await createLogin(server, freshName('app'))
    const pending = next(current)
    const happened = proxy.loseAnswerTo(CHANGE, 'silent')
    const setting = failure(target(server, through).set({ current, pending }, call()), 'unknown-outcome')
    await happened
    await server.down('SIGKILL')
    await setting
    await server.up()
    await target(server).set({ current, pending }, call())
    expect(await letIn(server, current, pending)).toEqual([true, true])
  })
})
