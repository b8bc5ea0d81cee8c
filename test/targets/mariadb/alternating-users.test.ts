import { afterAll, describe, expect, test } from 'vitest'
import { startMariadb } from '../../stand/mariadb.ts'
import { startProxy } from '../../stand/proxy.ts'
import { requireServer } from '../../stand/stand.ts'
import {
  alternating,
  call,
  createLogin,
  createPair,
  credential,
  failure,
  freshName,
  letIn,
  methods,
  next,
  shown,
  target,
  withPassword,
  writer,
} from './fixture.ts'

const server = requireServer(await startMariadb())

describe.skipIf(server === undefined)('two logins in turn', async () => {
  if (server === undefined) return
  afterAll(() => server.stop())

  test('there and back; who is ended keeps its account and its clauses, and a password that nobody knows', async () => {
    const pair = await createPair(server)
    const [a, b] = pair.users
    const t = alternating(server, pair)
    await server.sql(`ALTER USER '${a}'@'%' WITH MAX_USER_CONNECTIONS 3`)
    const second = credential(b)
    await t.set({ current: pair.current, pending: second }, call())
    expect(await letIn(server, pair.current, second)).toEqual([true, true])
    await t.end({ previous: pair.current, current: second }, call())
    expect(await letIn(server, pair.current, second, withPassword(a, ''), withPassword(a, 'invalid'))).toEqual([
      ...[false, true, false, false],
    ])
    expect(await shown(server, a)).toMatch(/BY PASSWORD '\*[0-9A-F]{40}' WITH MAX_USER_CONNECTIONS 3$/)
    const third = credential(a)
    await t.set({ current: second, pending: third }, call())
    expect(await letIn(server, second, third)).toEqual([true, true])
  })

  test('the twin gets one password, whatever it held; it may have accounts on several hosts', async () => {
    const pair = await createPair(server)
    const b = pair.users[1]
    const stale = credential(b)
    await server.sql(`ALTER USER '${b}'@'%' ${methods(credential(b), stale)}; CREATE USER '${b}'@'127.%'`)
    expect(await letIn(server, withPassword(b, ''))).toEqual([true]) // an account without IDENTIFIED is open
    const pending = credential(b)
    await alternating(server, pair).set({ current: pair.current, pending }, call())
    expect(await letIn(server, withPassword(b, ''), stale, pending)).toEqual([false, false, true])
    await server.sql(`DROP USER '${b}'@'127.%'`)
    expect(await letIn(server, withPassword(b, ''), stale, pending)).toEqual([false, false, true])
  })

  test('a twin that is locked, absent, privileged or let in otherwise is refused, and current still works', async () => {
    const pair = await createPair(server)
    const b = pair.users[1]
    const set = () => alternating(server, pair).set({ current: pair.current, pending: credential(b) }, call())
    await server.sql(`ALTER USER '${b}'@'%' ACCOUNT LOCK`)
    await failure(set(), 'login-locked')
    await server.sql(`ALTER USER '${b}'@'%' ACCOUNT UNLOCK; GRANT SUPER ON *.* TO '${b}'@'%'`)
    await failure(set(), 'unsupported')
    await server.sql(`REVOKE SUPER ON *.* FROM '${b}'@'%'; ALTER USER '${b}'@'%' IDENTIFIED VIA unix_socket`)
    await failure(set(), 'unsupported')
    await server.sql(`DROP USER '${b}'@'%'; CREATE ROLE ${b}`)
    await failure(set(), 'identity-mismatch')
    expect(await letIn(server, pair.current)).toEqual([true])
  })

  test('the version must name the pair, and needs one', async () => {
    const pair = await createPair(server)
    const t = alternating(server, pair)
    await failure(t.set({ current: pair.current, pending: next(pair.current) }, call()), 'identity-mismatch')
    await failure(t.end({ previous: pair.current, current: pair.current }, call()), 'refused')
    await failure(t.force!(credential('root'), call()), 'identity-mismatch')
    expect(() => target(server, { strategy: 'alternating-users' })).toThrow('two different users')
    await failure(
      alternating(server, pair, { admin: undefined }).set(
        { current: pair.current, pending: credential(pair.users[1]) },
        call(),
      ),
      'permission-missing',
    )
  })

  test('ending sessions needs two rights, and says which', async () => {
    const pair = await createPair(server)
    const boss = await createLogin(server, freshName('boss'))
    const at = `'${boss.username}'@'%'`
    await server.sql(`GRANT PROCESS ON *.* TO ${at}`)
    const t = alternating(server, pair, { admin: async () => boss })
    const held = await server.connect(pair.current.username, pair.current.password.reveal())
    const end = () => t.endSessions!(pair.current, credential(pair.users[1]), {}, call())
    expect((await failure(end(), 'permission-missing')).next).toContain('CONNECTION ADMIN')
    await server.sql(`GRANT CONNECTION ADMIN ON *.* TO ${at}`)
    expect(await end()).toBe(1)
    await expect(held.query('SELECT 1')).rejects.toThrow()
  })

  test('the least logins: set one and the admin, end one, the admin, and the refused one', async () => {
    const pair = await createPair(server)
    const proxy = await startProxy(server)
    const t = alternating(server, pair, { endpoints: [writer(server, { port: proxy.port })] })
    const pending = credential(pair.users[1])
    await t.set({ current: pair.current, pending }, call())
    expect(proxy.connections).toBe(2)
    await t.end({ previous: pair.current, current: pending }, call())
    expect(proxy.connections).toBe(5)
    await proxy.stop()
  })
})
