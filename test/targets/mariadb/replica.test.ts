import { afterAll, describe, expect, test } from 'vitest'
import { type Mariadb, startMariadb } from '../../stand/mariadb.ts'
import { requireServer, until } from '../../stand/stand.ts'
import {
  alternating,
  call,
  createLogin,
  createPair,
  credential,
  failure,
  freshName,
  letIn,
  next,
  target,
  writer,
} from './fixture.ts'

const primary = requireServer(await startMariadb())
const replica = primary && requireServer(await startMariadb({ replicaOf: primary }))

describe.skipIf(replica === undefined)('a writer and a replica', async () => {
  if (primary === undefined || replica === undefined) return
  const endpoints = [writer(primary), writer(replica, { name: 'replica', role: 'reader' })]
  const t = target(primary, { endpoints })
  afterAll(async () => {
    await replica.stop()
    await primary.stop()
  })
  const fresh = async () => {
    const current = await createLogin(primary, freshName('app'))
    await until(async () => expect(await letIn(replica, current)).toEqual([true]), 5000)
    return current
  }
  const lagging = async (server: Mariadb, seconds: number) =>
    server.sql(`STOP SLAVE; CHANGE MASTER TO MASTER_DELAY = ${seconds}; START SLAVE`)

  test('set and end hold on both at once, and the hashes are what was replicated', async () => {
    const current = await fresh()
    const pending = next(current)
    await t.set({ current, pending }, call())
    await t.test(pending, call())
    expect(await letIn(replica, current, pending)).toEqual([true, true])
    await t.end({ previous: current, current: pending }, call())
    expect(await letIn(replica, current, pending)).toEqual([false, true])
    expect(replica.written().includes('Canary/')).toBe(false)
  })

  test('end waits for a replica that lags', async () => {
    const current = await fresh()
    const pending = next(current)
    await t.set({ current, pending }, call())
    await lagging(replica, 2)
    const begun = Date.now()
    await t.end({ previous: current, current: pending }, call())
    expect(Date.now() - begun).toBeGreaterThan(900)
    expect(await letIn(replica, current, pending)).toEqual([false, true])
    await lagging(replica, 0)
  })

  test('set waits a little; then the test says who lags', async () => {
    const current = await fresh()
    const pending = next(current)
    await replica.sql('STOP SLAVE SQL_THREAD')
    await t.set({ current, pending }, call(5_000))
    expect((await failure(t.test(pending, call()), 'auth-failed')).at).toBe('replica')
    await replica.sql('START SLAVE SQL_THREAD')
    await until(() => t.test(pending, call()))
  })

  test('a replica that has stopped: end is target-busy, and done by the repeat', async () => {
    for (const strategy of ['dual-password', 'alternating-users']) {
      const pair = strategy === 'dual-password' ? undefined : await createPair(primary)
      const current = pair?.current ?? (await fresh())
      const own = pair ? alternating(primary, pair, { endpoints }) : t
      const pending = pair ? credential(pair.users[1]) : next(current)
      await until(() => own.set({ current, pending }, call()))
      await until(() => own.test(pending, call()))
      await replica.sql('STOP SLAVE SQL_THREAD')
      const error = await failure(own.end({ previous: current, current: pending }, call(5_000)), 'target-busy')
      expect(error.at).toBe('replica')
      expect(await letIn(primary, current, pending)).toEqual([false, true])
      await replica.sql('START SLAVE SQL_THREAD')
      await own.end({ previous: current, current: pending }, call())
      expect(await letIn(replica, current, pending)).toEqual([false, true])
    }
  })

  test('the limit on a change binds the writer alone: a replica that is blocked for longer applies it afterwards', async () => {
    const current = await fresh()
    const pending = next(current)
    const blocking = await replica.connect()
    await blocking.query('FLUSH TABLES WITH READ LOCK')
    await t.set({ current, pending }, call(4_500)) // a third of that, and less
    await new Promise(resolve => setTimeout(resolve, 1_000))
    expect(await letIn(replica, current, pending)).toEqual([true, false])
    await blocking.end()
    await until(() => t.test(pending, call()), 3000)
    const [status] = await replica.sql('SHOW SLAVE STATUS')
    expect(status).toMatchObject({ Slave_SQL_Running: 'Yes', Last_SQL_Errno: 0 })
  })

  test('a reader that is no replica has nothing to wait for: still-accepted if it still lets in', async () => {
    const other = requireServer(await startMariadb())
    if (other === undefined) return
    const current = await fresh()
    await createLogin(other, current.username, { password: current.password })
    const pending = next(current)
    const odd = target(primary, { endpoints: [writer(primary), writer(other, { name: 'odd', role: 'reader' })] })
    await odd.set({ current, pending }, call())
    await other.sql(`DROP USER '${current.username}'@'%'`)
    await createLogin(other, current.username, { password: pending.password })
    await odd.end({ previous: current, current: pending }, call())
    await other.stop()
  })

  test('a replica as the writer is target-busy, and nothing is changed there', async () => {
    const current = await fresh()
    const wrong = target(primary, { endpoints: [writer(replica)] })
    await failure(wrong.set({ current, pending: next(current) }, call()), 'target-busy')
    expect((await wrong.examine(current, call())).map(({ kind }) => kind)).toContain('read-only')
  })

  test('sessions are ended on both', async () => {
    const pair = await createPair(primary)
    await until(async () => expect(await letIn(replica, pair.current)).toEqual([true]), 5000)
    const two = alternating(primary, pair, { endpoints })
    const held = [primary, replica].map(each => each.connect(pair.current.username, pair.current.password.reveal()))
    const sessions = await Promise.all(held)
    expect(await two.endSessions!(pair.current, credential(pair.users[1]), {}, call())).toBe(2)
    for (const session of sessions) await expect(session.query('SELECT 1')).rejects.toThrow()
  })
})
