/**
 * A missing twin, made at `set` as AWS's rotation template makes it. Planted: the twin made without the membership, and made for
 * whoever has not asked (`createTwin` unset): both failed here.
 */
import { afterAll, describe, expect, test } from 'vitest'
import { type Postgres, startPostgres } from '../../stand/postgres.ts'
import { requireServer } from '../../stand/stand.ts'
import {
  admin,
  call,
  createLogin,
  credential,
  failure,
  freshName,
  newPassword,
  rows,
  type TargetOptions,
  target,
  versions,
  withPassword,
  writer,
} from './fixture.ts'

const twins = (server: Postgres, user: string, more: Partial<TargetOptions> = {}) =>
  target({
    strategy: 'alternating-users',
    users: [user, `${user}_clone`],
    createTwin: true,
    endpoints: [writer(server)],
    admin: admin(server),
    owner: 'lockstep:aws/app',
    ...more,
  })

/** A login that creates roles, as the master user of a managed server does; no superuser. */
async function managedAdmin(server: Postgres) {
  const master = await createLogin(server, freshName('master'), 'CREATEROLE')
  const connect = () => server.connect(master.username, master.password.reveal())
  const sql = async (text: string) => {
    const client = await connect()
    await client.query(text).finally(() => client.end())
  }
  return { master, sql }
}

for (const version of versions) {
  const server = requireServer(await startPostgres({ version }))
  describe.skipIf(server === undefined)(`createTwin on PostgreSQL ${version}`, () => {
    if (server === undefined) return
    afterAll(() => server.stop())

    test('made with LOGIN, the password and the membership; then it is one of the pair', async () => {
      const user = freshName('App.User"x')
      const current = await createLogin(server, user.replaceAll('"', '""')).then(({ password }) =>
        credential(user, password),
      )
      const t = twins(server, user)
      const pending = credential(t.nextUsername(current))
      await t.set({ current, pending }, call())
      await t.test(pending, call())
      expect((await t.accepts(current, call())).refused).toEqual([])
      const [facts] = await rows(
        server,
        `SELECT rolcanlogin, rolsuper, rolcreaterole, pg_has_role(oid, '${user.replaceAll("'", "''")}', 'USAGE') AS usage,
           shobj_description(oid, 'pg_authid') AS comment FROM pg_roles WHERE rolname = '${user}_clone'`,
      )
      expect(facts).toEqual({
        rolcanlogin: true,
        rolsuper: false,
        rolcreaterole: false,
        usage: true,
        comment: '[lockstep:aws/app]',
      })
      const again = credential(t.nextUsername(pending))
      await t.set({ current: pending, pending: again }, call())
      await t.test(again, call())
    })

    test('repeated it is harmless: the same password, or another one', async () => {
      const current = await createLogin(server, freshName('app'))
      const t = twins(server, current.username)
      const pending = credential(t.nextUsername(current))
      for (let n = 0; n < 2; n++) await t.set({ current, pending }, call())
      const other = credential(t.nextUsername(current))
      await t.set({ current, pending: other }, call())
      expect((await t.accepts(other, call())).accepted).toEqual(['writer'])
      expect((await t.accepts(pending, call())).accepted).toEqual([])
    })

    test('two runs at once make one twin, and the last password holds', async () => {
      const current = await createLogin(server, freshName('app'))
      const t = twins(server, current.username)
      const pendings = [credential(t.nextUsername(current)), credential(t.nextUsername(current))]
      await Promise.all(pendings.map(pending => t.set({ current, pending }, call())))
      const accepted = await Promise.all(pendings.map(async each => (await t.accepts(each, call())).accepted.length))
      expect(accepted.toSorted()).toEqual([0, 1])
    })

    test('an admin without the right to pass the membership on makes nothing at all', async () => {
      const current = await createLogin(server, freshName('app'))
      const { master } = await managedAdmin(server)
      const t = twins(server, current.username, { admin: async () => master })
      const set = t.set({ current, pending: credential(t.nextUsername(current)) }, call())
      // before 16 CREATEROLE is enough
      if (version < 16) await set
      else await failure(set, 'permission-missing')
      const made = await rows(server, `SELECT 1 FROM pg_roles WHERE rolname = '${current.username}_clone'`)
      expect(made).toHaveLength(version < 16 ? 1 : 0)
    })

    test('the admin that has made the login is right for its twin', async () => {
      const { master, sql } = await managedAdmin(server)
      const user = freshName('app')
      await sql(`CREATE ROLE ${user} LOGIN PASSWORD 'of its own'`)
      const current = withPassword(user, 'of its own')
      const t = twins(server, user, { admin: async () => master })
      const pending = credential(t.nextUsername(current))
      await t.set({ current, pending }, call())
      await t.test(pending, call())
    })

    test.each([
      ['SUPERUSER', 'unsupported'],
      ['REPLICATION', 'unsupported'],
      ['BYPASSRLS', 'unsupported'],
    ] as const)('the twin of a %s login is not made: %s', async (attribute, code) => {
      const current = await createLogin(server, freshName('app'), attribute)
      const t = twins(server, current.username)
      await failure(t.set({ current, pending: credential(t.nextUsername(current)) }, call()), code)
      expect(await rows(server, `SELECT 1 FROM pg_roles WHERE rolname = '${current.username}_clone'`)).toEqual([])
    })

    test('nor that of a login which another configuration owns', async () => {
      const current = await createLogin(server, freshName('app'))
      await server.sql(`COMMENT ON ROLE "${current.username}" IS '[lockstep:other/secret]'`)
      const t = twins(server, current.username)
      await failure(t.set({ current, pending: credential(t.nextUsername(current)) }, call()), 'not-ours')
    })

    test('current must log in first', async () => {
      const { username } = await createLogin(server, freshName('app'))
      const t = twins(server, username)
      const wrong = credential(username, newPassword())
      await failure(t.set({ current: wrong, pending: credential(t.nextUsername(wrong)) }, call()), 'auth-failed')
      expect(await rows(server, `SELECT 1 FROM pg_roles WHERE rolname = '${username}_clone'`)).toEqual([])
    })

    test('without the option a missing twin stays missing', async () => {
      const current = await createLogin(server, freshName('app'))
      const t = twins(server, current.username, { createTwin: undefined })
      await failure(t.set({ current, pending: credential(t.nextUsername(current)) }, call()), 'identity-mismatch')
    })

    test('ending one that is gone makes it not again', async () => {
      const current = await createLogin(server, freshName('app'))
      const t = twins(server, current.username)
      await t.end({ previous: credential(`${current.username}_clone`), current }, call())
      expect(await rows(server, `SELECT 1 FROM pg_roles WHERE rolname = '${current.username}_clone'`)).toEqual([])
    })
  })
}
