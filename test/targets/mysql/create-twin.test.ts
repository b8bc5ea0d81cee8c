/**
 * A twin that is made and kept alike, as AWS's rotation template does it. Planted: grants without their option; host parts beside
 * those of a twin that is there left out; a twin of another configuration given rights: each failed here.
 */
import { afterAll, describe, expect, test } from 'vitest'
import { startMysql } from '../../stand/mysql.ts'
import { requireServer } from '../../stand/stand.ts'
import {
  admin,
  alternating,
  call,
  createLogin,
  credential,
  failure,
  freshName,
  letsIn,
  withPassword,
} from './fixture.ts'

const server = requireServer(await startMysql())

describe.skipIf(server === undefined)('createTwin', () => {
  if (server === undefined) return
  afterAll(() => server.stop())

  async function app(attributes = '') {
    const users = [freshName('app'), freshName('app_clone')] as const
    const current = await createLogin(server!, users[0], { dual: false, attributes })
    await server!.sql(`CREATE DATABASE ${users[0]}`)
    const target = alternating(server!, { users, current }, { createTwin: true })
    return { users, current, target, pending: credential(users[1]) }
  }
  const grantsOf = async (user: string, host = '%') =>
    (await server!.sql(`SHOW GRANTS FOR '${user}'@'${host}'`)).map(row =>
      String(Object.values(row)[0]).replaceAll(/`[^`]*`@`[^`]*`/g, '?'),
    )

  test('makes every account of the login with all that it may do, and then it works', async () => {
    const { users, current, target, pending } = await app('REQUIRE SSL WITH MAX_USER_CONNECTIONS 7')
    const [user, twin] = users
    const role = freshName('role')
    await server.sql(
      `CREATE USER '${user}'@'10.1.%' IDENTIFIED BY '${current.password.reveal()}'`,
      `CREATE ROLE ${role}`,
      `GRANT ${role} TO ${user}@'%'`,
      `SET DEFAULT ROLE ${role} TO ${user}@'%'`,
      `GRANT SELECT, INSERT ON ${user}.* TO ${user}@'%' WITH GRANT OPTION`,
      `GRANT PROCESS ON *.* TO '${user}'@'10.1.%'`,
    )
    for (let i = 0; i < 2; i++) await target.set({ current, pending }, call())
    await target.test(pending, call())
    expect([await letsIn(server, current), await letsIn(server, pending)]).toEqual([true, true])
    for (const host of ['%', '10.1.%']) expect(await grantsOf(twin, host), host).toEqual(await grantsOf(user, host))
    const [created] = await server.sql(`SHOW CREATE USER '${twin}'@'%'`)
    expect(String(Object.values(created!)[0])).toMatch(/DEFAULT ROLE .* REQUIRE SSL WITH MAX_USER_CONNECTIONS 7/)
    expect(await target.examine(current, call())).toEqual([])
  })

  test('what was granted since is granted to the twin that is there; nothing of its own is taken', async () => {
    const { users, current, target, pending } = await app()
    await target.set({ current, pending }, call())
    await server.sql(`GRANT DELETE ON ${users[0]}.* TO ${users[0]}`, `GRANT UPDATE ON ${users[0]}.* TO ${users[1]}`)
    await target.set({ current, pending }, call())
    expect((await grantsOf(users[1])).join()).toMatch(/UPDATE, DELETE ON/)
  })

  test('the clone of the template has the host part % only: the others are made', async () => {
    const { users, current, target, pending } = await app()
    const [user, twin] = users
    await server.sql(
      `CREATE USER '${user}'@'127.%' IDENTIFIED BY '${current.password.reveal()}'`,
      `GRANT SELECT ON ${user}.* TO '${user}'@'127.%'`,
      `CREATE USER ${twin}@'%' IDENTIFIED BY 'made-by-the-template'`,
    )
    await target.set({ current, pending }, call())
    expect(await grantsOf(twin, '127.%')).toEqual(await grantsOf(user, '127.%'))
    expect(await letsIn(server, pending)).toBe(true)
  })

  test('no rights for a twin of another configuration, nor for one of a login that is not ours', async () => {
    const { users, current, target, pending } = await app()
    await server.sql(
      `CREATE USER ${users[1]} IDENTIFIED BY 'x' ATTRIBUTE '{"lockstep": "lockstep:other/secret"}'`,
      `GRANT SELECT ON ${users[0]}.* TO ${users[0]}`,
    )
    await failure(target.set({ current, pending }, call()), 'not-ours')
    expect(await grantsOf(users[1])).toEqual(['GRANT USAGE ON *.* TO ?'])
    const other = await app()
    await server.sql(`GRANT SUPER ON *.* TO ${other.users[0]}`)
    await failure(other.target.set({ current: other.current, pending: other.pending }, call()), 'unsupported')
    expect(await server.sql(`SELECT 1 FROM mysql.user WHERE user = '${other.users[1]}'`)).toEqual([])
  })

  test('an admin that may not give the rights: permission-missing, and the twin has no known password', async () => {
    const { users, current, pending } = await app()
    const name = freshName('admin')
    await server.sql(
      `CREATE USER ${name} IDENTIFIED BY 'admins'`,
      `GRANT CREATE USER ON *.* TO ${name}`,
      `GRANT SELECT ON mysql.* TO ${name}`,
      `GRANT SELECT ON ${users[0]}.* TO ${users[0]}`,
    )
    const options = { createTwin: true, admin: async () => withPassword(name, 'admins') }
    const target = alternating(server, { users, current }, options)
    await failure(target.set({ current, pending }, call()), 'permission-missing')
    expect([await letsIn(server, pending), await letsIn(server, withPassword(users[1], ''))]).toEqual([false, false])
    await alternating(server, { users, current }, { createTwin: true, admin: admin(server) }).set(
      { current, pending },
      call(),
    )
    expect(await letsIn(server, pending)).toBe(true)
  })

  test('without it, a missing twin is nobody’s to make', async () => {
    const { users, current, pending } = await app()
    const target = alternating(server, { users, current })
    await failure(target.set({ current, pending }, call()), 'identity-mismatch')
  })
})
