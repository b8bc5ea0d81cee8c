import { afterAll, describe, expect, test } from 'vitest'
import type { MysqlTargetOptions } from '../../../core/targets/mysql/index.ts'
import { startMysql } from '../../stand/mysql.ts'
import { requireServer } from '../../stand/stand.ts'
import { admin, alternating, call, createLogin, createPair, failure, freshName, type Pair, target } from './fixture.ts'

const server = requireServer(await startMysql())

describe.skipIf(server === undefined)('what examine finds', () => {
  if (server === undefined) return
  afterAll(() => server.stop())

  /** Findings as `weight kind`, of a fresh login after the statements, in which `:login` stands for it. */
  const found = async (options: Partial<MysqlTargetOptions>, ...statements: readonly string[]) => {
    const current = await createLogin(server, freshName('app'))
    await server.sql(...statements.map(each => each.replaceAll(':login', `'${current.username}'`)))
    return { current, findings: await target(server, options).examine(current, call()) }
  }
  const kinds = async (...of: Parameters<typeof found>) =>
    (await found(...of)).findings.map(({ weight, kind }) => `${weight} ${kind}`)
  const byAdmin = { admin: admin(server) }

  test('nothing amiss', async () => {
    expect(await kinds({}, 'SELECT 1')).toEqual([])
    expect(await kinds(byAdmin, 'SELECT 1')).toEqual([])
  })

  test.each([
    ['locked', 'ALTER USER :login ACCOUNT LOCK', 'blocks account-locked'],
    ['expired', 'ALTER USER :login PASSWORD EXPIRE', 'blocks password-expired'],
    ['a mark', `ALTER USER :login ATTRIBUTE '{"lockstep": "lockstep:other/x"}'`, 'blocks foreign-mark'],
    ['an administrator', 'GRANT SYSTEM_USER ON *.* TO :login', 'blocks unsupported-login'],
    ['guesses', 'ALTER USER :login FAILED_LOGIN_ATTEMPTS 3 PASSWORD_LOCK_TIME 1', 'warns failed-login-attempts'],
    ['one guess', 'ALTER USER :login FAILED_LOGIN_ATTEMPTS 1 PASSWORD_LOCK_TIME 1', 'blocks failed-login-attempts'],
    ['two passwords', `ALTER USER :login IDENTIFIED BY 'newer' RETAIN CURRENT PASSWORD`, 'warns second-password'],
    ['gone', 'DROP USER :login', 'blocks login-missing'],
  ])('%s', async (_, statement, expected) => {
    expect(await kinds(byAdmin, statement)).toEqual([expected])
  })

  test('every remedy can be run, and then there is nothing to find', async () => {
    for (const statement of [
      'ALTER USER :login ACCOUNT LOCK',
      'ALTER USER :login FAILED_LOGIN_ATTEMPTS 1 PASSWORD_LOCK_TIME 1',
      'REVOKE APPLICATION_PASSWORD_ADMIN ON *.* FROM :login',
    ]) {
      const own = statement.startsWith('REVOKE')
      const { current, findings } = await found(own ? {} : byAdmin, statement)
      expect(findings).toHaveLength(1)
      for (const remedy of findings[0]!.remedy!.split(/(?<=;)\s/)) await server.sql(remedy)
      expect(await target(server, own ? {} : byAdmin).examine(current, call())).toEqual([])
    }
  })

  test('without an admin: the right to two passwords, password history, several hosts', async () => {
    const revoked = 'REVOKE APPLICATION_PASSWORD_ADMIN ON *.* FROM :login'
    expect(await kinds({}, revoked)).toEqual(['blocks dual-password-rights'])
    expect(await kinds({ strategy: 'single-user' }, revoked)).toEqual([])
    expect(await kinds({}, 'ALTER USER :login PASSWORD HISTORY 3')).toEqual(['blocks password-history'])
    expect(await kinds({ hosts: ['%', '10.%'] }, 'SELECT 1')).toEqual(['blocks admin-missing'])
  })

  test('a second password stands in the way of single-user', async () => {
    const second = `ALTER USER :login IDENTIFIED BY 'newer' RETAIN CURRENT PASSWORD`
    expect(await kinds({ strategy: 'single-user', ...byAdmin }, second)).toEqual(['blocks second-password'])
  })

  test('a read-only writer', async () => {
    const current = await createLogin(server, freshName('app'))
    await server.sql('SET GLOBAL super_read_only = ON')
    const findings = await target(server).examine(current, call())
    await server.sql(...findings[0]!.remedy!.split(';').filter(Boolean))
    expect(findings.map(({ kind }) => kind)).toEqual(['read-only'])
    expect(await target(server).examine(current, call())).toEqual([])
  })

  test('an admin without the rights: each is named with the statement that grants it', async () => {
    const weak = await createLogin(server, freshName('adm'), { dual: false })
    const current = await createLogin(server, freshName('app'))
    const t = target(server, { admin: async () => weak })
    const findings = await t.examine(current, call())
    expect(findings.map(({ weight, kind }) => `${weight} ${kind}`)).toEqual([
      'blocks admin-rights',
      'blocks admin-rights',
    ])
    await server.sql(...findings.flatMap(({ remedy }) => remedy!.split(/(?<=;)\s/)))
    expect(await t.examine(current, call())).toEqual([])
  })

  describe('of two logins', () => {
    const pairKinds = async (pair: Pair, more: Partial<MysqlTargetOptions> = {}) =>
      (await alternating(server, pair, more).examine(pair.current, call())).map(
        ({ weight, kind }) => `${weight} ${kind}`,
      )

    test('a twin that is missing, and what creates it', async () => {
      const pair = await createPair(server)
      await server.sql(`DROP USER ${pair.users[1]}`)
      const [finding] = await alternating(server, pair).examine(pair.current, call())
      expect(finding).toMatchObject({ kind: 'twin-missing', weight: 'blocks' })
      await server.sql(finding!.remedy!)
      expect(await pairKinds(pair)).toEqual([])
    })

    test('grants, roles and limits that differ, and what makes them alike', async () => {
      const pair = await createPair(server)
      const [a, b] = pair.users
      await server.sql(
        `CREATE DATABASE ${a}`,
        `CREATE TABLE ${a}.t (x INT, y INT)`,
        `CREATE TABLE ${a}.t2 (x INT)`,
        `CREATE ROLE ${a}_role`,
        `GRANT SELECT (x), INSERT ON ${a}.t TO ${a}`,
        `GRANT SELECT ON ${a}.* TO ${a} WITH GRANT OPTION`,
        `GRANT ${a}_role TO ${a}`,
        `ALTER USER ${a} DEFAULT ROLE ${a}_role`,
        `ALTER USER ${a} REQUIRE SSL WITH MAX_USER_CONNECTIONS 7`,
      )
      const findings = await alternating(server, pair).examine(pair.current, call())
      expect(findings.map(({ weight, kind }) => `${weight} ${kind}`)).toEqual([
        'blocks grants-differ',
        'warns attributes-differ',
      ])
      const statements = findings.flatMap(({ remedy }) => remedy!.split(/(?<=;)\s/))
      await server.sql(...statements)
      expect(await pairKinds(pair)).toEqual([])
      // the other way round: more than current has, and limits that current does not have
      await server.sql(`GRANT DELETE ON ${a}.t2 TO ${b}`, `ALTER USER ${b} WITH MAX_QUERIES_PER_HOUR 9`)
      const more = await alternating(server, pair).examine(pair.current, call())
      expect(more.map(({ weight, kind }) => `${weight} ${kind}`)).toEqual([
        'warns grants-differ',
        'warns attributes-differ',
      ])
      await server.sql(...more.flatMap(({ remedy }) => remedy!.split(/(?<=;)\s/)))
      expect(await pairKinds(pair)).toEqual([])
    })

    test('an account for a host that the other login has none for', async () => {
      const pair = await createPair(server)
      await createLogin(server, pair.users[0], { host: '10.%', password: pair.current.password, dual: false })
      expect(await pairKinds(pair)).toEqual(['blocks hosts-differ'])
    })

    test('an admin that cannot compare them says so', async () => {
      const pair = await createPair(server)
      const some = await createLogin(server, freshName('adm'), { dual: false })
      await server.sql(
        `GRANT CREATE USER ON *.* TO ${some.username}`,
        `GRANT SELECT ON mysql.user TO ${some.username}`,
        `GRANT SELECT ON mysql.global_grants TO ${some.username}`,
      )
      expect(await pairKinds(pair, { admin: async () => some })).toEqual([
        'warns grants-hidden',
        'warns sessions-hidden',
      ])
      const ending = alternating(server, pair, { admin: async () => some })
      const other = { ...pair.current, username: pair.users[1] }
      const error = await failure(
        ending.endSessions!(other, pair.current, { only: 'idle' }, call()),
        'permission-missing',
      )
      await server.sql(`GRANT CONNECTION_ADMIN, PROCESS ON *.* TO ${some.username}`)
      expect(error.next).toContain('CONNECTION_ADMIN and PROCESS')
      expect(await ending.endSessions!(other, pair.current, { only: 'idle' }, call())).toBe(0)
    })

    test('without an admin there is no second login to change', async () => {
      const pair = await createPair(server)
      const alone = target(server, { strategy: 'alternating-users', users: pair.users })
      expect((await alone.examine(pair.current, call())).map(({ kind }) => kind)).toEqual(['admin-missing'])
    })
  })
})
