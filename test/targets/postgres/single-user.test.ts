import { afterAll, describe, expect, test } from 'vitest'
import { startPostgres } from '../../stand/postgres.ts'
import { requireServer } from '../../stand/stand.ts'
import {
  admin,
  call,
  createLogin,
  credential,
  failure,
  freshName,
  rows,
  target,
  versions,
  withPassword,
  writer,
} from './fixture.ts'

const conf = { log_connections: 'on', shared_preload_libraries: 'pg_stat_statements' }

for (const version of versions) {
  const server = requireServer(await startPostgres({ version, conf }))
  describe.skipIf(server === undefined)(`single-user on PostgreSQL ${version}`, () => {
    if (server === undefined) return
    afterAll(() => server.stop())
    const endpoints = [writer(server), writer(server, { name: 'second', role: 'pooler' })]
    const logins = (name: string) => server.log().split(`connection authorized: user=${name} `).length - 1
    const failedLogins = () => server.log().split('password authentication failed').length - 1
    const rotate = async (name: string, attributes: string, options = {}) => {
      const current = await createLogin(server, name, attributes)
      return target({ endpoints, ...options }).set({ current, pending: credential(name) }, call())
    }

    test('a rotation takes two logins per endpoint and fails none', async () => {
      const current = await createLogin(server, freshName('counted'))
      const pending = credential(current.username)
      const failed = failedLogins()
      await target({ endpoints }).set({ current, pending }, call())
      await target({ endpoints }).test(pending, call())
      expect(logins(current.username)).toBe(2 * endpoints.length)
      expect(failedLogins()).toBe(failed)
    })

    test('a login that works as its owner role changes its own password all the same', async () => {
      const owner = freshName('owner')
      await server.sql(`CREATE ROLE ${owner}`)
      const current = await createLogin(server, freshName('worker'), `IN ROLE ${owner}`)
      await server.sql(`ALTER ROLE ${current.username} SET role = ${owner}`)
      const pending = credential(current.username)
      const owned = target({ endpoints, ownerRole: owner })
      await owned.set({ current, pending }, call())
      await owned.test(pending, call())
      await target({ endpoints }).test(pending, call()) // without a configured owner, SET role says who it should be
    })

    test('superusers, replication and reserved logins are not rotated', async () => {
      await failure(rotate(freshName('super'), 'SUPERUSER'), 'unsupported')
      await failure(rotate(freshName('repl'), 'REPLICATION'), 'unsupported')
      await failure(rotate(freshName('rds_thing'), ''), 'unsupported')
      await expect(rotate(freshName('bypass'), 'BYPASSRLS')).resolves.toBeUndefined()
    })

    test('an expired login is login-expired where an admin can tell, not a wrong password', async () => {
      const expired = "VALID UNTIL '2001-01-01'"
      await failure(rotate(freshName('old'), expired), 'auth-failed')
      await failure(rotate(freshName('old'), expired, { admin: admin(server) }), 'login-expired')
    })

    test('NOLOGIN is login-locked', async () => {
      const current = await createLogin(server, freshName('locked'))
      await server.sql(`ALTER ROLE ${current.username} NOLOGIN`)
      await failure(target({ endpoints }).accepts(current, call()), 'login-locked')
    })

    test('a foreign mark stops the rotation until it is adopted; without an admin no comment is written', async () => {
      const current = await createLogin(server, freshName('marked'))
      const comment = 'the shop [lockstep:other/secret]'
      await server.sql(`COMMENT ON ROLE ${current.username} IS '${comment}'`)
      const change = { current, pending: credential(current.username) }
      await failure(target({ endpoints }).set(change, call()), 'not-ours')
      await target({ endpoints })
        .accepts(current, call())
        .then(({ refused }) => expect(refused).toEqual([]))
      await target({ endpoints, adopt: true }).set(change, call())
      const [role] = await rows(
        server,
        `SELECT shobj_description('${current.username}'::regrole, 'pg_authid') AS comment`,
      )
      expect(role?.comment).toBe(comment)
    })

    test('force sets any value through the admin, and leaves our mark after what people wrote', async () => {
      const { username } = await createLogin(server, freshName('forced'))
      await server.sql(`COMMENT ON ROLE ${username} IS 'the shop'`)
      const forced = credential(username)
      const withAdmin = target({ endpoints, admin: admin(server) })
      await withAdmin.force?.(forced, call())
      await withAdmin.test(forced, call())
      const [role] = await rows(server, `SELECT shobj_description('${username}'::regrole, 'pg_authid') AS comment`)
      expect(role?.comment).toBe('the shop [lockstep:test/secret]')
      expect(target({ endpoints }).force).toBeUndefined()
    })

    test('a refused admin is admin-refused', async () => {
      const { username } = await createLogin(server, freshName('forced'))
      const wrong = target({ endpoints, admin: async () => withPassword('postgres', 'not it') })
      await failure(wrong.force!(credential(username), call()), 'admin-refused')
    })

    test('probes run as the application and leave nothing behind', async () => {
      const current = await createLogin(server, freshName('prober'))
      const table = freshName('probed')
      await server.sql(`CREATE TABLE ${table} (); GRANT INSERT, SELECT ON ${table} TO ${current.username}`)
      const probing = (...probes: string[]) => target({ endpoints, probes }).test(current, call())
      await probing(`INSERT INTO ${table} DEFAULT VALUES`, 'SELECT 1;')
      expect(await rows(server, `SELECT * FROM ${table}`)).toEqual([])
      await failure(probing(`DELETE FROM ${table}`), 'probe-failed')
      await failure(probing(`INSERT INTO ${table} DEFAULT VALUES; COMMIT`), 'probe-failed')
      expect(await rows(server, `SELECT * FROM ${table}`)).toEqual([])
    })

    test('empty and over-long names and empty passwords never reach the server', async () => {
      const at = (username: string, text: string) => target({ endpoints }).accepts(withPassword(username, text), call())
      await failure(at('', 'x'), 'value-unsuitable')
      await failure(at('é'.repeat(32), 'x'), 'value-unsuitable')
      await failure(at('app', ''), 'value-unsuitable')
      const current = await createLogin(server, freshName('app'))
      const pending = withPassword(current.username, '')
      await failure(target({ endpoints }).set({ current, pending }, call()), 'value-rejected')
      const wrong = credential(current.username)
      await failure(target({ endpoints }).set({ current: wrong, pending }, call()), 'auth-failed') // and nothing unhandled
    })

    test('the longest possible name works', async () => {
      const current = await createLogin(server, freshName('é').padEnd(62, 'x'))
      const pending = credential(current.username)
      await target({ endpoints }).set({ current, pending }, call())
      await target({ endpoints }).test(pending, call())
    })

    test.each(['md5', 'plaintext'] as const)('hash: %s works where it is asked for, and is warned of', async hash => {
      const current = await createLogin(server, freshName('hashed'))
      const pending = credential(current.username)
      const hashed = target({ endpoints, hash })
      await hashed.set({ current, pending }, call())
      const [stored] = await rows(
        server,
        `SELECT rolpassword AS text FROM pg_authid WHERE rolname = '${current.username}'`,
      )
      expect(stored?.text).toMatch(hash === 'md5' ? /^md5/ : /^SCRAM-SHA-256\$/)
      // pg_hba.conf says scram here, where an md5 password cannot log in: the reason why it is never chosen by itself
      const tested = hashed.test(pending, call())
      await (hash === 'md5' ? failure(tested, 'auth-failed') : tested)
      const findings = await target({ endpoints, hash, admin: admin(server) }).examine(pending, call())
      expect(findings.map(({ kind }) => kind)).toContain('weak-hash')
    })

    test('pg_stat_statements shows the verifier, never the password', async () => {
      await server.sql('CREATE EXTENSION IF NOT EXISTS pg_stat_statements; SELECT pg_stat_statements_reset()')
      const current = await createLogin(server, freshName('seen'))
      const pending = credential(current.username)
      await target({ endpoints }).set({ current, pending }, call())
      const seen = (await rows(server, 'SELECT query FROM pg_stat_statements')).map(({ query }) => query).join('\n')
      expect(seen).toContain(`ALTER ROLE "${current.username}"`)
      expect(seen).not.toContain(pending.password.reveal())
    })

    test('eight changes of one login at once: each succeeds, the server never says "concurrently updated"', async () => {
      const { username } = await createLogin(server, freshName('busy'))
      const force = target({ endpoints, admin: admin(server) }).force!
      await Promise.all(Array.from({ length: 8 }, () => force(credential(username), call())))
    })
  })
}
