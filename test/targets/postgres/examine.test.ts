import { afterAll, describe, expect, test } from 'vitest'
import type { SettableTarget } from '../../../core/ports/rotation-target.ts'
import type { Credential } from '../../../core/secret/credential.ts'
import { startPostgres } from '../../stand/postgres.ts'
import { requireServer } from '../../stand/stand.ts'
import { alternating, call, createLogin, createPair, credential, freshName, rows, target, writer } from './fixture.ts'

for (const version of [15, 16, 18] as const) {
  const server = requireServer(await startPostgres({ version }))
  describe.skipIf(server === undefined)(`examine on PostgreSQL ${version}`, () => {
    if (server === undefined) return
    afterAll(() => server.stop())
    const found = async (t: SettableTarget, current: Credential) =>
      (await t.examine(current, call()))
        .map(({ kind, weight }) => `${kind} ${weight}`)
        .filter(each => !each.startsWith('insecure-tls'))

    /** Findings, their repairs twice, and what is found then. */
    const mended = async (t: SettableTarget, current: Credential) => {
      const before = await found(t, current)
      for (const { fix } of await t.examine(current, call())) {
        await fix?.(call())
        await fix?.(call())
      }
      return { before, after: await found(t, current) }
    }

    test('a sound pair and a sound single login: nothing', async () => {
      const pair = await createPair(server)
      expect(await found(alternating(server, pair), pair.current)).toEqual([])
      expect(await found(target({ endpoints: [writer(server)] }), pair.current)).toEqual([])
    })

    test('a missing twin is made, like its brother, and can be rotated to', async () => {
      const pair = await createPair(server)
      const [a, b] = pair.users
      await server.sql(`DROP ROLE ${b}; ALTER ROLE ${a} CONNECTION LIMIT 7;
        ALTER ROLE ${a} SET search_path TO "$user", 'odd "name', public; ALTER ROLE ${a} SET "my.setting" TO 'it''s';
        ALTER ROLE ${a} IN DATABASE postgres SET statement_timeout TO '1min'`)
      const t = alternating(server, pair)
      expect(await mended(t, pair.current)).toEqual({ before: ['twin-missing blocks'], after: [] })
      const pending = credential(b)
      await t.set({ current: pair.current, pending }, call())
      await t.test(pending, call())
      const client = await server.connect(b, pending.password.reveal())
      const path = (await client.query('SHOW search_path')).rows[0]
      await client.end()
      expect(path).toEqual({ search_path: `"$user", "odd ""name", public` })
      const owned = await rows(server, `SELECT pg_has_role('${b}', '${pair.owner}', 'USAGE') AS inherits`)
      expect(owned).toEqual([{ inherits: version < 16 }])
    })

    test('a lost membership and a missing SET role are repaired', async () => {
      const pair = await createPair(server)
      await server.sql(`REVOKE ${pair.owner} FROM ${pair.users[1]}; ALTER ROLE ${pair.users[0]} RESET role`)
      expect(await mended(alternating(server, pair), pair.current)).toEqual({
        before: ['set-role-missing blocks', 'membership-missing blocks'],
        after: [],
      })
    })

    const withSetOption = version >= 16 ? test : () => {}
    withSetOption('a membership without the SET option is repaired', async () => {
      const pair = await createPair(server)
      await server.sql(`GRANT ${pair.owner} TO ${pair.users[1]} WITH SET FALSE`)
      expect(await mended(alternating(server, pair), pair.current)).toEqual({
        before: ['set-role-ineffective blocks'],
        after: [],
      })
    })

    test('settings and connection limits that differ are copied', async () => {
      const pair = await createPair(server)
      await server.sql(
        `ALTER ROLE ${pair.users[0]} SET work_mem TO '12MB'; ALTER ROLE ${pair.users[1]} CONNECTION LIMIT 3`,
      )
      expect(await mended(alternating(server, pair), pair.current)).toEqual({
        before: ['settings-differ warns', 'connection-limit-differs warns'],
        after: [],
      })
    })

    test('what a person must decide is found, with a remedy but no repair', async () => {
      const pair = await createPair(server)
      await server.sql(`ALTER ROLE ${pair.users[1]} NOLOGIN VALID UNTIL '2001-01-01';
        ALTER ROLE ${pair.users[0]} VALID UNTIL '${new Date(Date.now() + 86_400_000).toISOString()}';
        COMMENT ON ROLE ${pair.users[1]} IS '[lockstep:other/one]'`)
      const findings = await alternating(server, pair).examine(pair.current, call())
      expect(findings.filter(({ fix }) => fix !== undefined)).toEqual([])
      expect(await found(alternating(server, pair), pair.current)).toEqual([
        'valid-until warns',
        'twin-nologin blocks',
        'valid-until blocks',
        'foreign-mark blocks',
      ])
      expect(await found(alternating(server, pair, { adopt: true }), pair.current)).not.toContain('foreign-mark blocks')
    })

    test('superusers and logins without anything in common', async () => {
      const [a, b] = [await createLogin(server, freshName('a')), await createLogin(server, freshName('b'))]
      const pair = { users: [a.username, b.username] as const, owner: '', current: a }
      const t = alternating(server, pair, { ownerRole: undefined })
      expect(await found(t, a)).toEqual(['owner-missing warns'])
      await server.sql(`ALTER ROLE ${b.username} SUPERUSER`)
      expect(await found(t, a)).toContain('unsupported-login blocks')
    })

    test('an admin without rights, and no admin at all', async () => {
      const pair = await createPair(server)
      const weak = await createLogin(server, freshName('weak'))
      const seen = await found(alternating(server, pair, { admin: async () => weak }), pair.current)
      const options = version >= 16 ? ['admin-rights blocks', 'admin-rights blocks'] : []
      expect(seen).toEqual(['admin-rights blocks', ...options, 'sessions-hidden warns'])
      expect(await found(alternating(server, pair, { admin: undefined }), pair.current)).toEqual([
        'admin-missing blocks',
      ])
    })

    test('remedies can be run as they are printed', async () => {
      const pair = await createPair(server)
      const weak = await createLogin(server, freshName('weak'))
      await server.sql(`DROP ROLE ${pair.users[1]}; ALTER ROLE ${pair.users[0]} SET search_path TO a, "B c";
        ALTER ROLE ${pair.users[0]} VALID UNTIL '2001-01-01' NOLOGIN`)
      const t = alternating(server, pair, { admin: async () => weak })
      // twice: a right on a login can be granted only once the login is there
      for (let i = 0; i < 2; i++)
        for (const { remedy } of await t.examine(pair.current, call())) if (remedy) await server.sql(remedy)
      expect(await found(t, pair.current)).toEqual([])
    })
  })
}
