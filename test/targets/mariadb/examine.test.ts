import { afterAll, describe, expect, test } from 'vitest'
import type { Finding } from '../../../core/ports/rotation-target.ts'
import { startMariadb } from '../../stand/mariadb.ts'
import { requireServer } from '../../stand/stand.ts'
import {
  alternating,
  call,
  createLogin,
  createPair,
  freshName,
  letIn,
  methods,
  next,
  single,
  target,
  versions,
  withPassword,
} from './fixture.ts'

/** `blocks:kind` of all but TLS, which these tests do without. */
const kinds = (findings: readonly Finding[]): string[] =>
  findings.map(({ weight, kind }) => `${weight}:${kind}`).filter(each => each !== 'warns:insecure-tls')

for (const version of versions) {
  const server = requireServer(await startMariadb({ version }))
  describe.skipIf(server === undefined)(`what stands in the way, on MariaDB ${version}`, async () => {
    if (server === undefined) return
    afterAll(() => server.stop())
    const remedyOf = (findings: readonly Finding[], kind: string) =>
      findings.find(each => each.kind === kind)?.remedy ?? ''

    test('nothing, for an ordinary login; an admin is needed for two passwords', async () => {
      const current = await createLogin(server, freshName('app'))
      expect(kinds(await target(server).examine(current, call()))).toEqual([])
      expect(kinds(await single(server).examine(current, call()))).toEqual([])
      expect(kinds(await target(server, { admin: undefined }).examine(current, call()))).toEqual([
        'blocks:admin-missing',
      ])
      expect(kinds(await single(server, { hosts: ['%', '10.%'] }).examine(current, call()))).toEqual([
        'blocks:admin-missing',
      ])
    })

    test('accounts: locked, expired, of another plugin, privileged, with several passwords or none', async () => {
      const current = await createLogin(server, freshName('app'))
      const at = `'${current.username}'@'%'`
      const found = async (statement: string, t = target(server)) => {
        await server.sql(`ALTER USER ${at} ACCOUNT UNLOCK; ${statement}`)
        return kinds(await t.examine(current, call()))
      }
      expect(await found(`ALTER USER ${at} ACCOUNT LOCK`)).toEqual(['blocks:account-locked'])
      expect(await found(`ALTER USER ${at} PASSWORD EXPIRE`)).toEqual(['blocks:password-expired'])
      const [two, three] = [next(current), next(current)]
      const several = `ALTER USER ${at} ${methods(current, two)}`
      expect(await found(several)).toEqual(['warns:second-password'])
      expect(await found(several, single(server))).toEqual(['blocks:second-password'])
      expect(await found(`ALTER USER ${at} ${methods(current, two, three)}`)).toEqual(['blocks:second-password'])
      expect(await found(`ALTER USER ${at} IDENTIFIED VIA unix_socket`)).toEqual(['blocks:unsupported-plugin'])
      expect(await found(`ALTER USER ${at} IDENTIFIED BY ''`)).toEqual(['blocks:no-password'])
      await server.sql(remedyOf(await target(server).examine(current, call()), 'no-password'))
      expect(await letIn(server, withPassword(current.username, ''))).toEqual([false])
      expect(await found(`GRANT CREATE USER ON *.* TO ${at}`)).toEqual(['blocks:unsupported-login'])
      expect(await found(`DROP USER ${at}`.replace('DROP', 'SELECT 1; DROP'))).toEqual(['blocks:login-missing'])
    })

    test('the server: read-only, or insisting on passwords in clear; the remedies mend it', async () => {
      const current = await createLogin(server, freshName('app'))
      await server.sql("INSTALL SONAME 'simple_password_check'; SET GLOBAL read_only = ON")
      const findings = await target(server).examine(current, call())
      expect(kinds(findings)).toEqual(['blocks:read-only', 'blocks:validation-strict'])
      for (const { remedy } of findings.filter(({ weight }) => weight === 'blocks')) await server.sql(remedy!)
      expect(kinds(await target(server).examine(current, call()))).toEqual([])
      await server.sql("UNINSTALL SONAME 'simple_password_check'; SET GLOBAL strict_password_validation = ON")
    })

    test('what the admin lacks is said as the statement that grants it', async () => {
      const boss = await createLogin(server, freshName('boss'))
      const pair = await createPair(server)
      const t = alternating(server, pair, { admin: async () => boss })
      const first = await t.examine(pair.current, call())
      expect(kinds(first)).toEqual(['blocks:admin-rights', 'blocks:admin-rights'])
      for (const { remedy } of first.filter(({ weight }) => weight === 'blocks')) await server.sql(remedy!)
      const second = await t.examine(pair.current, call())
      expect(kinds(second)).toEqual(['warns:grants-hidden'])
      await server.sql(remedyOf(second, 'grants-hidden'))
      expect(kinds(await t.examine(pair.current, call()))).toEqual([])
    })

    test('two logins: missing, without a host, with other grants; the remedies mend it and leave nothing open', async () => {
      const pair = await createPair(server)
      const [a, b] = pair.users
      const t = alternating(server, pair)
      await server.sql(`DROP USER '${b}'@'%'; CREATE USER '${a}'@'10.%' ${methods(pair.current)};
        CREATE DATABASE ${a}; CREATE ROLE r_${a}; CREATE TABLE ${a}.t (c INT, d INT); GRANT SELECT (c, d), UPDATE (d) ON ${a}.t TO '${a}'@'%';
        GRANT SELECT, INSERT ON ${a}.* TO '${a}'@'%' WITH GRANT OPTION;
        GRANT r_${a} TO '${a}'@'%'; SET DEFAULT ROLE r_${a} FOR '${a}'@'%'`)
      const missing = await t.examine(pair.current, call())
      expect(kinds(missing)).toEqual(['blocks:twin-missing'])
      await server.sql(remedyOf(missing, 'twin-missing'))
      expect(await letIn(server, withPassword(b, ''), withPassword(b, 'invalid'))).toEqual([false, false])
      const differing = await t.examine(pair.current, call())
      expect(kinds(differing)).toEqual(['blocks:grants-differ'])
      expect(JSON.stringify(differing)).not.toMatch(/\*[0-9A-F]{40}/)
      await server.sql(remedyOf(differing, 'grants-differ'))
      expect(kinds(await t.examine(pair.current, call()))).toEqual([])
      await server.sql(`GRANT DELETE ON ${a}.* TO '${b}'@'%'; DROP USER '${b}'@'10.%'`)
      const more = await t.examine(pair.current, call())
      expect(kinds(more).sort()).toEqual(['blocks:hosts-differ', 'warns:grants-differ'])
      await server.sql(`${remedyOf(more, 'hosts-differ')} ${remedyOf(more, 'grants-differ')}`)
    })
  })
}
