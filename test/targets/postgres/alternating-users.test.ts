import { afterAll, describe, expect, test } from 'vitest'
import { type Postgres, startPostgres } from '../../stand/postgres.ts'
import { requireServer } from '../../stand/stand.ts'
import {
  alternating,
  call,
  createLogin,
  createPair,
  credential,
  failure,
  freshName,
  rows,
  target,
  versions,
  withPassword,
  writer,
} from './fixture.ts'

for (const version of versions) {
  const server = requireServer(await startPostgres({ version, conf: { log_connections: 'on' } }))
  describe.skipIf(server === undefined)(`alternating-users on PostgreSQL ${version}`, () => {
    if (server === undefined) return
    afterAll(() => server.stop())
    const endpoints = [writer(server), writer(server, { name: 'second', role: 'pooler' })]
    const authorized = () => server.log().split('application_name=lockstep').length - 1
    const failedLogins = () => server.log().split('password authentication failed').length - 1

    test('round the pair and back: both valid until the end, never more than three logins per endpoint, none failed', async () => {
      const pair = await createPair(server)
      const t = alternating(server, pair, { endpoints })
      let current = pair.current
      for (let round = 0; round < 3; round++) {
        const pending = credential(t.nextUsername(current))
        const [before, failed] = [authorized(), failedLogins()]
        await t.set({ current, pending }, call())
        await t.test(pending, call())
        expect(authorized() - before).toBe(3 + 2) // the writer's: current, admin, pending; the other's: current, pending
        expect(failedLogins()).toBe(failed)
        expect((await t.accepts(current, call())).refused).toEqual([])
        await t.end({ previous: current, current: pending }, call())
        expect(failedLogins()).toBe(failed + endpoints.length) // retirement's one check of the refusal
        current = pending
      }
    })

    test('what either login creates belongs to the owner role, so the other can use it', async () => {
      const pair = await createPair(server)
      await server.sql(`GRANT CREATE ON SCHEMA public TO ${pair.owner}`)
      const table = freshName('made')
      const t = alternating(server, pair, { probes: [`CREATE TABLE ${table} ()`] })
      const pending = credential(t.nextUsername(pair.current))
      await t.set({ current: pair.current, pending }, call())
      await t.test(pending, call())
      const client = await server.connect(pending.username, pending.password.reveal())
      await client.query(`CREATE TABLE ${table} ()`)
      await client.end()
      await alternating(server, pair, { probes: [`SELECT * FROM ${table}`, `DROP TABLE ${table}`] }).test(
        pair.current,
        call(),
      )
    })

    test('a lost membership logs in with a mere warning: identity-mismatch', async () => {
      const pair = await createPair(server)
      await server.sql(`REVOKE ${pair.owner} FROM ${pair.users[0]}`)
      await failure(alternating(server, pair).test(pair.current, call()), 'identity-mismatch')
      await failure(alternating(server, pair, { ownerRole: undefined }).test(pair.current, call()), 'identity-mismatch')
    })

    test('a twin without SET role is identity-mismatch', async () => {
      const pair = await createPair(server)
      await server.sql(`ALTER ROLE ${pair.users[0]} RESET role`)
      await failure(alternating(server, pair).test(pair.current, call()), 'identity-mismatch')
    })

    test('users outside the pair, and pending that is not the twin', async () => {
      const pair = await createPair(server)
      const t = alternating(server, pair)
      expect(() => t.nextUsername(credential('stranger'))).toThrow(/not one of the configured pair/)
      await failure(t.set({ current: pair.current, pending: credential(pair.users[0]) }, call()), 'identity-mismatch')
      await failure(t.force!(credential('postgres'), call()), 'identity-mismatch')
      const stranger = await createLogin(server, freshName('stranger'))
      await failure(t.end({ previous: stranger, current: pair.current }, call()), 'identity-mismatch')
    })

    test.each([
      ['SUPERUSER', 'unsupported'],
      ['REPLICATION', 'unsupported'],
      ['BYPASSRLS', 'unsupported'],
      ['NOLOGIN', 'login-locked'],
      ["VALID UNTIL '2001-01-01'", 'login-expired'],
    ] as const)('a twin with %s is %s', async (attribute, code) => {
      const pair = await createPair(server)
      await server.sql(`ALTER ROLE ${pair.users[1]} ${attribute}`)
      await failure(
        alternating(server, pair).set({ current: pair.current, pending: credential(pair.users[1]) }, call()),
        code,
      )
    })

    test('a missing twin is identity-mismatch, a twin of another configuration not-ours', async () => {
      const pair = await createPair(server)
      const change = { current: pair.current, pending: credential(pair.users[1]) }
      await server.sql(`COMMENT ON ROLE ${pair.users[1]} IS '[lockstep:other/secret]'`)
      await failure(alternating(server, pair).set(change, call()), 'not-ours')
      await failure(
        alternating(server, pair).end({ previous: change.pending, current: change.current }, call()),
        'not-ours',
      )
      await alternating(server, pair, { adopt: true }).set(change, call())
      await server.sql(`DROP ROLE ${pair.users[1]}`)
      await failure(alternating(server, pair).set(change, call()), 'identity-mismatch')
      // dropped is as good as ended
      await alternating(server, pair).end({ previous: change.pending, current: change.current }, call())
    })

    test('our mark follows what people wrote', async () => {
      const pair = await createPair(server)
      await server.sql(`COMMENT ON ROLE ${pair.users[1]} IS 'ask Ada''s team \\ first'`)
      const change = { current: pair.current, pending: credential(pair.users[1]) }
      for (let i = 0; i < 2; i++) await alternating(server, pair).set(change, call())
      const [role] = await rows(server, `SELECT shobj_description('${pair.users[1]}'::regrole, 'pg_authid') AS comment`)
      expect(role?.comment).toBe("ask Ada's team \\ first [lockstep:test/secret]")
    })

    test('without an admin: permission-missing, saying that an admin secret is needed', async () => {
      const pair = await createPair(server)
      const t = alternating(server, pair, { admin: undefined })
      const change = { current: pair.current, pending: credential(pair.users[1]) }
      const error = await failure(t.set(change, call()), 'permission-missing')
      expect(error.next).toContain('admin secret')
    })

    test('a wrong current changes nothing, whatever the admin may do', async () => {
      const pair = await createPair(server)
      let asked = 0
      const admin = async () => {
        asked++
        return withPassword('postgres', server.adminPassword)
      }
      const t = alternating(server, pair, { admin })
      const pending = credential(pair.users[1])
      await failure(t.set({ current: credential(pair.users[0]), pending }, call()), 'auth-failed')
      expect(await hasPassword(server, pair.users[1])).toBe(false)
      expect(asked).toBe(1) // to see whether the login had expired; it changed nothing
    })

    test('an admin that is not a superuser: from 16 on it needs the ADMIN option on the twin', async () => {
      const pair = await createPair(server)
      const creator = await createLogin(server, freshName('creator'), 'CREATEROLE')
      const t = alternating(server, pair, { admin: async () => creator })
      const change = { current: pair.current, pending: credential(pair.users[1]) }
      if (version >= 16) {
        await failure(t.set(change, call()), 'permission-missing')
        await server.sql(`GRANT ${pair.users[1]} TO ${creator.username} WITH ADMIN OPTION, INHERIT FALSE, SET FALSE`)
      }
      await t.set(change, call())
      await t.test(change.pending, call())
    })

    test("a pair made by AWS's template keeps rotating", async () => {
      const app = await createLogin(server, freshName('app'))
      const clone = `${app.username}_clone`
      await server.sql(`CREATE ROLE ${clone} LOGIN; GRANT ${app.username} TO ${clone}`)
      const t = target({
        strategy: 'alternating-users',
        users: [app.username, clone],
        endpoints,
        admin: async () => withPassword('postgres', server.adminPassword),
      })
      const finding = (await t.examine(app, call())).find(({ kind }) => kind === 'set-role-missing')
      expect(finding).toMatchObject({ weight: 'warns', remedy: `ALTER ROLE "${clone}" SET role TO '${app.username}';` })
      const cloned = credential(clone)
      await t.set({ current: app, pending: cloned }, call())
      await t.test(cloned, call())
      await finding?.fix?.(call())
      await t.test(cloned, call())
      expect((await t.examine(cloned, call())).map(({ kind }) => kind)).not.toContain('set-role-missing')
      await t.end({ previous: app, current: cloned }, call())
      const back = credential(app.username)
      await t.set({ current: cloned, pending: back }, call())
      await t.test(back, call())
    })

    test('sessions that are hidden from the admin are an error, not zero', async () => {
      const pair = await createPair(server)
      const blind = await createLogin(server, freshName('blind'), 'CREATEROLE')
      const held = await server.connect(pair.current.username, pair.current.password.reveal())
      const t = alternating(server, pair, { admin: async () => blind })
      const count = () => t.sessions!(pair.current, credential(pair.users[1]), 0, call())
      await failure(count(), 'permission-missing')
      await failure(t.endSessions!(pair.current, credential(pair.users[1]), {}, call()), 'permission-missing')
      await server.sql(`GRANT pg_read_all_stats TO ${blind.username}`)
      expect(await count()).toBe(1)
      await held.end()
    })

    test('only idle sessions are ended if so asked', async () => {
      const pair = await createPair(server)
      const connect = () => server.connect(pair.current.username, pair.current.password.reveal())
      const [idle, busy] = [await connect(), await connect()]
      await busy.query('BEGIN')
      const end = (which: { only?: 'idle' }) =>
        alternating(server, pair).endSessions!(pair.current, pair.current, which, call())
      expect(await end({ only: 'idle' })).toBe(1)
      await busy.query('SELECT 1')
      await expect(idle.query('SELECT 1')).rejects.toThrow()
      expect(await end({})).toBe(1)
    })
  })
}

const hasPassword = async (server: Postgres, login: string): Promise<boolean> =>
  (await rows(server, `SELECT 1 FROM pg_authid WHERE rolname = '${login}' AND rolpassword IS NOT NULL`)).length > 0
