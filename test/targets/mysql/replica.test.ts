import { afterAll, describe, expect, test } from 'vitest'
import { startMysql } from '../../stand/mysql.ts'
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
  letsIn,
  newPassword,
  target,
  writer,
} from './fixture.ts'

const source = requireServer(await startMysql())
const replica = source && requireServer(await startMysql({ replicaOf: source }))

describe.skipIf(!source || !replica)(`a replica of MySQL ${source?.version}`, () => {
  if (!source || !replica) return
  afterAll(() => Promise.all([replica.stop(), source.stop()]))
  // each server has a certificate of an authority of its own
  const tls = { mode: 'require' as const }
  const endpoints = [writer(source), writer(replica, { name: 'reader', role: 'reader' })]
  const options = { endpoints, tls }
  const shown = (login: string) =>
    until(async () => expect(await replica.sql(`SELECT 1 FROM mysql.user WHERE User = '${login}'`)).toHaveLength(1))
  const pause = () => replica.sql('STOP REPLICA SQL_THREAD')
  const resume = () => replica.sql('START REPLICA SQL_THREAD')
  const madeLogin = async () => {
    const current = await createLogin(source, freshName('app'))
    await shown(current.username)
    return current
  }
  const later = async (work: () => Promise<unknown>, lag = 300) => {
    await pause()
    setTimeout(() => void resume(), lag)
    await work()
  }

  for (const [by, more] of [
    ['itself', {}],
    ['the admin', { admin: admin(source) }],
  ] as const) {
    test(`changed by ${by}: set and end wait for a reader that lags`, async () => {
      const current = await madeLogin()
      const pending = credential(current.username)
      const t = target(source, { ...options, ...more })
      await later(() => t.set({ current, pending }, call()))
      await t.test(pending, call())
      await later(() => t.end({ previous: current, current: pending }, call()))
      expect(await t.accepts(current, call())).toEqual({ accepted: [], refused: ['writer', 'reader'] })
      expect([await letsIn(replica, current), await letsIn(replica, pending)]).toEqual([false, true])
    })
  }

  test('single-user and two users wait too', async () => {
    const current = await madeLogin()
    const pending = credential(current.username)
    const one = target(source, { strategy: 'single-user', ...options })
    await later(() => one.set({ current, pending }, call()))
    await one.test(pending, call())
    const pair = await createPair(source)
    await shown(pair.users[1])
    const two = alternating(source, pair, options)
    const next = credential(pair.users[1])
    await later(() => two.set({ current: pair.current, pending: next }, call()))
    await two.test(next, call())
    await later(() => two.end({ previous: pair.current, current: next }, call()))
    expect(await letsIn(replica, pair.current)).toBe(false)
  })

  test('a reader that stands still: set makes the change and says no more, test says where, end is target-busy', async () => {
    const current = await madeLogin()
    const pending = credential(current.username)
    const t = target(source, options)
    await pause()
    await t.set({ current, pending }, call(6000))
    expect((await failure(t.test(pending, call()), 'auth-failed')).at).toBe('reader')
    expect(await t.accepts(pending, call())).toEqual({ accepted: ['writer'], refused: ['reader'] })
    await resume()
    await until(() => t.test(pending, call()))
    await pause()
    const ending = failure(t.end({ previous: current, current: pending }, call(4500)), 'target-busy')
    expect((await ending.finally(resume)).at).toBe('reader')
    await t.end({ previous: current, current: pending }, call())
    expect(await letsIn(replica, current)).toBe(false)
  })

  test('an endpoint that is not waited for and accepts the ended password: still-accepted', async () => {
    const current = await madeLogin()
    const pending = credential(current.username)
    const pooler = writer(replica, { name: 'odd', role: 'pooler' })
    const t = target(source, { tls, endpoints: [endpoints[0]!, pooler] })
    await t.set({ current, pending }, call())
    await until(() => t.test(pending, call()))
    await pause()
    const ending = failure(t.end({ previous: current, current: pending }, call()), 'still-accepted')
    expect((await ending.finally(resume)).at).toBe('odd')
    await until(async () => expect(await letsIn(replica, current)).toBe(false))
  })

  test('names and values that need quoting reach the replica as they are', async () => {
    const current = await createLogin(source, freshName(`A 'é"\\`))
    await shown(current.username.replaceAll('\\', '\\\\').replaceAll("'", "''"))
    const { SecretValue } = await import('../../../core/secret/secret-value.ts')
    const pending = credential(current.username, SecretValue.of(`Aw1-'"\\%s$1;--é漢🔑`))
    const t = target(source, { ...options, admin: admin(source), owner: `lockstep:it's "a\\b"/secret` })
    await t.set({ current, pending }, call())
    await t.test(pending, call())
    expect(await letsIn(replica, pending)).toBe(true)
    const [status] = await replica.sql('SHOW REPLICA STATUS')
    expect(status).toMatchObject({ Last_SQL_Errno: 0, Replica_SQL_Running: 'Yes' })
  })

  test('a writer that is a replica is target-busy, and nothing was changed', async () => {
    const current = await madeLogin()
    const pending = { ...current, password: newPassword() }
    const error = await failure(target(replica).set({ current, pending }, call()), 'target-busy')
    expect(error.next).toContain('writer')
    expect(await letsIn(replica, pending)).toBe(false)
  })

  test('sessions are ended on the reader too', async () => {
    const current = await madeLogin()
    const held = await Promise.all(
      [source, replica].map(each => each.connect(current.username, current.password.reveal())),
    )
    const t = target(source, options)
    expect(await t.endSessions!(current, current, { before: Date.now() }, call())).toBe(2)
    for (const session of held) await expect(session.query('SELECT 1')).rejects.toThrow()
  })

  test('nothing in clear on the replica either', () => {
    for (const [name, content] of replica.written())
      for (const canary of ['Canary/', `Aw1-'"`]) expect(content.includes(canary), name).toBe(false)
  })
})
