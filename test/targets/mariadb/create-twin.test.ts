/**
 * A twin that is made and kept alike, as AWS's rotation template does it. Planted: grants without their option; a default role before
 * the role: each failed here.
 */
import { afterAll, describe, expect, test } from 'vitest'
import { startMariadb } from '../../stand/mariadb.ts'
import { requireServer } from '../../stand/stand.ts'
import {
  alternating,
  call,
  createLogin,
  credential,
  failure,
  freshName,
  letIn,
  shown,
  withPassword,
} from './fixture.ts'

const server = requireServer(await startMariadb({ tls: true }))

describe.skipIf(server === undefined)('createTwin', () => {
  if (server === undefined) return
  afterAll(() => server.stop())

  async function app({ attributes = '', hosts = ['%'] } = {}) {
    const users = [freshName('app'), freshName('app_clone')] as const
    const current = await createLogin(server!, users[0], { attributes, hosts })
    await server!.sql(`CREATE DATABASE ${users[0]}`)
    const target = alternating(server!, { users, current }, { createTwin: true })
    return { users, current, target, pending: credential(users[1]) }
  }
  const grantsOf = async (user: string, host = '%') =>
    (await server!.sql(`SHOW GRANTS FOR '${user}'@'${host}'`))
      .map(row => String(Object.values(row)[0]).replaceAll(/`[^`]*`@`[^`]*`|'\*[0-9A-F]*'/g, '?'))
      .sort()

  test('makes every account of the login with all that it may do, and then it works', async () => {
    const attributes = 'REQUIRE SSL WITH MAX_USER_CONNECTIONS 7'
    const { users, current, target, pending } = await app({ attributes, hosts: ['%', '10.1.%'] })
    const [user, twin] = users
    const role = freshName('role')
    await server.sql(`CREATE ROLE ${role}; GRANT ${role} TO ${user}@'%'; SET DEFAULT ROLE ${role} FOR ${user}@'%';
      GRANT SELECT, INSERT ON ${user}.* TO ${user}@'%' WITH GRANT OPTION; GRANT PROCESS ON *.* TO '${user}'@'10.1.%'`)
    for (let i = 0; i < 2; i++) await target.set({ current, pending }, call())
    await target.test(pending, call())
    expect(await letIn(server, current, pending)).toEqual([true, true])
    for (const host of ['%', '10.1.%']) expect(await grantsOf(twin, host), host).toEqual(await grantsOf(user, host))
    expect(await shown(server, twin)).toContain('REQUIRE SSL WITH MAX_USER_CONNECTIONS 7')
    expect(await target.examine(current, call())).toEqual([])
  })

  test('what was granted since is granted to the twin that is there; nothing of its own is taken', async () => {
    const { users, current, target, pending } = await app()
    await target.set({ current, pending }, call())
    await server.sql(`GRANT DELETE ON ${users[0]}.* TO ${users[0]}; GRANT UPDATE ON ${users[0]}.* TO ${users[1]}`)
    await target.set({ current, pending }, call())
    expect((await grantsOf(users[1])).join()).toMatch(/UPDATE, DELETE ON/)
  })

  test('no twin for a login that is not ours', async () => {
    const { users, current, target, pending } = await app()
    await server.sql(`GRANT SUPER ON *.* TO ${users[0]}`)
    await failure(target.set({ current, pending }, call()), 'unsupported')
    expect(await server.sql(`SELECT 1 FROM mysql.user WHERE user = '${users[1]}'`)).toEqual([])
  })

  test('an admin that may not give the rights: permission-missing, and the twin lets nobody in', async () => {
    const { users, current, pending } = await app()
    const name = freshName('admin')
    await server.sql(`CREATE USER ${name} IDENTIFIED BY 'admins'; GRANT CREATE USER ON *.* TO ${name};
      GRANT SELECT ON mysql.* TO ${name}; GRANT SELECT ON ${users[0]}.* TO ${users[0]}`)
    const options = { createTwin: true, admin: async () => withPassword(name, 'admins') }
    await failure(
      alternating(server, { users, current }, options).set({ current, pending }, call()),
      'permission-missing',
    )
    expect(await letIn(server, pending, withPassword(users[1], ''))).toEqual([false, false])
  })
})
