import { afterAll, describe, expect, test } from 'vitest'
import { startPostgres } from '../../stand/postgres.ts'
import { startReplica } from '../../stand/replica.ts'
import { requireServer, until } from '../../stand/stand.ts'
import {
  alternating,
  call,
  createLogin,
  createPair,
  credential,
  failure,
  freshName,
  newPassword,
  rows,
  target,
  writer,
} from './fixture.ts'

for (const version of [15, 18] as const) {
  const primary = requireServer(await startPostgres({ version }))
  const replica = primary && requireServer(await startReplica(primary, { applyDelay: '300ms' }))
  describe.skipIf(!primary || !replica)(`a streaming replica of PostgreSQL ${version}, 300 ms behind`, () => {
    if (!primary || !replica) return
    afterAll(() => Promise.all([replica.stop(), primary.stop()]))
    const endpoints = [writer(primary), writer(replica, { name: 'reader', role: 'reader' })]
    const shown = async (login: string) => {
      const query = `SELECT 1 FROM pg_roles WHERE rolname = '${login}'`
      await until(async () => expect(await rows(replica, query)).toHaveLength(1))
    }

    test('set does not wait; test fails at the reader until it has replayed, then passes', async () => {
      const current = await createLogin(primary, freshName('app'))
      await shown(current.username)
      const t = target({ endpoints })
      const pending = credential(current.username)
      await t.set({ current, pending }, call())
      const error = await failure(t.test(pending, call()), 'auth-failed')
      expect(error.at).toBe('reader')
      expect(await t.accepts(pending, call())).toEqual({ accepted: ['writer'], refused: ['reader'] })
      expect(await t.accepts(current, call())).toEqual({ accepted: ['reader'], refused: ['writer'] })
      await until(() => t.test(pending, call()))
    })

    test('end waits for the replay, so that the one check of the refusal is right', async () => {
      const pair = await createPair(primary)
      await shown(pair.users[1])
      const t = alternating(primary, pair, { endpoints })
      const pending = credential(pair.users[1])
      await t.set({ current: pair.current, pending }, call())
      await until(() => t.test(pending, call()))
      await t.end({ previous: pair.current, current: pending }, call())
      expect((await t.accepts(pair.current, call())).accepted).toEqual([])
    })

    test('a reader that does not catch up in time: target-busy, and again later', async () => {
      const pair = await createPair(primary)
      await shown(pair.users[1])
      const t = alternating(primary, pair, { endpoints })
      const pending = credential(pair.users[1])
      await t.set({ current: pair.current, pending }, call())
      await until(() => t.test(pending, call()))
      await replica.sql('SELECT pg_wal_replay_pause()')
      const ending = failure(t.end({ previous: pair.current, current: pending }, call(1500)), 'target-busy')
      await ending.finally(() => replica.sql('SELECT pg_wal_replay_resume()'))
      await t.end({ previous: pair.current, current: pending }, call())
    })

    test('an endpoint that accepts the ended credential all the same: still-accepted', async () => {
      const pair = await createPair(primary)
      await shown(pair.users[1])
      // a replica that is configured as a pooler is not waited for
      const t = alternating(primary, pair, {
        endpoints: [endpoints[0]!, writer(replica, { name: 'odd', role: 'pooler' })],
      })
      const pending = credential(pair.users[1])
      await t.set({ current: pair.current, pending }, call())
      await until(() => t.test(pending, call()))
      const error = await failure(t.end({ previous: pair.current, current: pending }, call()), 'still-accepted')
      expect(error.at).toBe('odd')
    })

    test('sessions are counted and ended on the reader too', async () => {
      const pair = await createPair(primary)
      await shown(pair.users[1])
      await until(async () => (await replica.connect(pair.current.username, pair.current.password.reveal())).end())
      const t = alternating(primary, pair, { endpoints })
      const held = await Promise.all(
        [primary, replica].map(s => s.connect(pair.current.username, pair.current.password.reveal())),
      )
      expect(await t.sessions!(pair.current, pair.current, Date.now() - 60_000, call())).toBe(2)
      expect(await t.endSessions!(pair.current, pair.current, {}, call())).toBe(2)
      for (const client of held) await expect(client.query('SELECT 1')).rejects.toThrow()
    })

    test('a writer that is a standby is target-busy', async () => {
      const current = await createLogin(primary, freshName('app'))
      await shown(current.username)
      const t = target({ endpoints: [writer(replica)] })
      await until(() => t.test(current, call()))
      await failure(t.set({ current, pending: { ...current, password: newPassword() } }, call()), 'target-busy')
    })
  })
}
