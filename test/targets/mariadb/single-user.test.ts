import { afterAll, describe, expect, test } from 'vitest'
import { nativeHash } from '../../../core/targets/mariadb/hash.ts'
import { startMariadb } from '../../stand/mariadb.ts'
import { startProxy } from '../../stand/proxy.ts'
import { requireServer } from '../../stand/stand.ts'
import { admin, call, createLogin, failure, freshName, letIn, methods, next, shown, single, writer } from './fixture.ts'

const server = requireServer(await startMariadb())

describe.skipIf(server === undefined)('one password at a time', async () => {
  if (server === undefined) return
  const t = single(server)
  afterAll(() => server.stop())

  test('the login changes itself without any privilege; limits and TLS stay', async () => {
    const current = await createLogin(server, freshName('app'), { attributes: 'WITH MAX_USER_CONNECTIONS 5' })
    const pending = next(current)
    await t.set({ current, pending }, call())
    expect(await letIn(server, current, pending)).toEqual([false, true])
    expect(await shown(server, current.username)).toContain('WITH MAX_USER_CONNECTIONS 5')
  })

  test('the trap: of several passwords SET PASSWORD changes the first only. So they are refused, and nothing was changed', async () => {
    const current = await createLogin(server, freshName('app'))
    const [older, pending] = [next(current), next(current)]
    await server.sql(`ALTER USER '${current.username}'@'%' ${methods(current, older)}`)
    const error = await failure(t.set({ current, pending }, call()), 'unsupported')
    expect(error.next).toContain('admin')
    expect(await letIn(server, current, older, pending)).toEqual([true, true, false])
    // what would have happened:
    const session = await server.connect(current.username, current.password.reveal())
    await session.query(`SET PASSWORD = '${nativeHash(pending)}'`)
    await session.end()
    expect(await letIn(server, current, older, pending)).toEqual([false, true, true])
  })

  test('with an admin: every account and the whole list, unless a password is somebody else’s', async () => {
    const owned = single(server, { admin: admin(server) })
    const current = await createLogin(server, freshName('app'), { hosts: ['%', '127.%'] })
    const [pending, third] = [next(current), next(current)]
    await server.sql(`ALTER USER '${current.username}'@'127.%' ${methods(pending, current)}`)
    await owned.set({ current, pending }, call())
    expect(await letIn(server, current, pending)).toEqual([false, true])
    expect(await shown(server, current.username)).toContain(`BY PASSWORD '${nativeHash(pending)}'`)
    await server.sql(`ALTER USER '${current.username}'@'%' ${methods(pending, third)}`)
    await failure(owned.set({ current: pending, pending: next(current) }, call()), 'not-ours')
    expect(await letIn(server, pending)).toEqual([true])
  })

  test('`hosts` must name the account that lets the login in', async () => {
    const current = await createLogin(server, freshName('app'))
    const elsewhere = single(server, { hosts: ['10.%'] })
    await failure(elsewhere.set({ current, pending: next(current) }, call()), 'identity-mismatch')
    expect(await letIn(server, current)).toEqual([true])
  })

  test('an admin may change itself, nobody else: superusers and replication are refused', async () => {
    const boss = await createLogin(server, freshName('boss'))
    await server.sql(`GRANT CREATE USER ON *.* TO '${boss.username}'@'%'`)
    const changed = next(boss)
    await t.set({ current: boss, pending: changed }, call())
    expect(await letIn(server, boss, changed)).toEqual([false, true])
    await server.sql(`GRANT SUPER ON *.* TO '${boss.username}'@'%'`)
    await failure(t.set({ current: changed, pending: next(boss) }, call()), 'unsupported')
    await server.sql(
      `REVOKE SUPER ON *.* FROM '${boss.username}'@'%'; GRANT REPLICATION SLAVE ON *.* TO '${boss.username}'@'%'`,
    )
    await failure(t.set({ current: changed, pending: next(boss) }, call()), 'unsupported')
  })

  test('one login is enough', async () => {
    const current = await createLogin(server, freshName('app'))
    const proxy = await startProxy(server)
    await single(server, { endpoints: [writer(server, { port: proxy.port })] }).set(
      { current, pending: next(current) },
      call(),
    )
    await proxy.stop()
    expect(proxy.connections).toBe(1)
  })
})
