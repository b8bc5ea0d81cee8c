import { afterAll, describe, expect, test } from 'vitest'
import { startMysql } from '../../stand/mysql.ts'
import { startProxy } from '../../stand/proxy.ts'
import { requireServer } from '../../stand/stand.ts'
import {
  admin,
  alternating,
  call,
  createLogin,
  createPair,
  credential,
  failure,
  freshName,
  letsIn,
  target,
  writer,
} from './fixture.ts'

const server = requireServer(await startMysql())

describe.skipIf(server === undefined)('two logins that take turns', () => {
  if (server === undefined) return
  afterAll(() => server.stop())

  test('turn after turn; the one that is ended cannot log in, not with an empty password either', async () => {
    const pair = await createPair(server)
    const t = alternating(server, pair)
    let current = pair.current
    for (let turn = 0; turn < 3; turn++) {
      const pending = credential(t.nextUsername(current))
      await t.set({ current, pending }, call())
      expect([await letsIn(server, current), await letsIn(server, pending)]).toEqual([true, true])
      await t.test(pending, call())
      for (let i = 0; i < 2; i++) await t.end({ previous: current, current: pending }, call())
      expect([await letsIn(server, current), await letsIn(server, pending)]).toEqual([false, true])
      await expect(server.connect(current.username, '')).rejects.toMatchObject({ errno: 1045 })
      current = pending
    }
  })

  test('the pair that AWS’s rotation template makes works as it is', async () => {
    const [app, clone] = [freshName('app'), freshName('app_clone')]
    const current = await createLogin(server, app, { dual: false })
    await server.sql(
      `CREATE DATABASE ${app}`,
      `GRANT SELECT, INSERT ON ${app}.* TO ${app}`,
      // what the template does: the clone, then what SHOW GRANTS says of the first
      `CREATE USER ${clone}@'%' IDENTIFIED BY 'made-by-the-template'`,
      `GRANT USAGE ON *.* TO ${clone}@'%'`,
      `GRANT SELECT, INSERT ON ${app}.* TO ${clone}@'%'`,
    )
    const t = target(server, { strategy: 'alternating-users', users: [app, clone], admin: admin(server) })
    expect(await t.examine(current, call())).toEqual([])
    const pending = credential(clone)
    await t.set({ current, pending }, call())
    await t.test(pending, call())
    await t.end({ previous: current, current: pending }, call())
    expect([await letsIn(server, current), await letsIn(server, pending)]).toEqual([false, true])
  })

  test('a second password that the twin still has ends with its turn', async () => {
    const pair = await createPair(server)
    const old = credential(pair.users[1])
    await server.sql(
      `ALTER USER ${old.username} IDENTIFIED BY '${old.password.reveal()}'`,
      `ALTER USER ${old.username} IDENTIFIED BY 'something-newer' RETAIN CURRENT PASSWORD`,
    )
    const pending = credential(pair.users[1])
    await alternating(server, pair).set({ current: pair.current, pending }, call())
    expect([await letsIn(server, old), await letsIn(server, pending)]).toEqual([false, true])
  })

  test('a twin that is missing, locked, somebody else’s or an administrator stops it; current is untouched', async () => {
    const attempt = async (...statements: string[]) => {
      const pair = await createPair(server)
      await server.sql(...statements.map(statement => statement.replaceAll('twin', `'${pair.users[1]}'`)))
      const setting = alternating(server, pair).set(
        { current: pair.current, pending: credential(pair.users[1]) },
        call(),
      )
      return setting.finally(async () => expect(await letsIn(server, pair.current)).toBe(true))
    }
    await failure(attempt('DROP USER twin'), 'identity-mismatch')
    await failure(attempt('ALTER USER twin ACCOUNT LOCK'), 'login-locked')
    await failure(attempt(`ALTER USER twin ATTRIBUTE '{"lockstep": "lockstep:other/x"}'`), 'not-ours')
    await failure(attempt('GRANT SYSTEM_USER ON *.* TO twin'), 'unsupported')
    await attempt('ALTER USER twin PASSWORD EXPIRE') // a new password is what it needs
  })

  test('force revives a password that has expired', async () => {
    const pair = await createPair(server)
    await server.sql(`ALTER USER ${pair.users[0]} PASSWORD EXPIRE`)
    await alternating(server, pair).force!(pair.current, call())
    expect(await letsIn(server, pair.current)).toBe(true)
  })

  test('who does not hold current changes nothing, whatever the admin may', async () => {
    const pair = await createPair(server)
    const pending = credential(pair.users[1])
    const wrong = { current: credential(pair.users[0]), pending }
    await failure(alternating(server, pair).set(wrong, call()), 'auth-failed')
    expect(await letsIn(server, pending)).toBe(false)
  })

  test('sessions of the old login are ended by the admin, idle ones or all', async () => {
    const pair = await createPair(server)
    const t = alternating(server, pair)
    const pending = credential(pair.users[1])
    await t.set({ current: pair.current, pending }, call())
    const open = () => server.connect(pair.current.username, pair.current.password.reveal())
    const [idle, busy] = [await open(), await open()]
    const work = busy.query('SELECT SLEEP(20)').catch((error: unknown) => error)
    expect(await t.endSessions!(pair.current, pending, { only: 'idle' }, call())).toBe(1)
    await expect(idle.query('SELECT 1')).rejects.toThrow()
    expect(await t.endSessions!(pair.current, pending, { before: Date.now() }, call())).toBe(1)
    await work
    // those of the live login are its consumers'
    expect(await t.endSessions!(pending, pending, { only: 'idle' }, call())).toBe(0)
  })

  test('the logins of one rotation are the least that it takes', async () => {
    const proxy = await startProxy(server)
    const pair = await createPair(server)
    const t = alternating(server, pair, { endpoints: [writer(proxy)] })
    const pending = credential(pair.users[1])
    const counted = async (step: () => Promise<void>) => {
      const before = proxy.connections
      await step()
      return proxy.connections - before
    }
    // set: current, the admin. end: current, the admin, previous
    expect(await counted(() => t.set({ current: pair.current, pending }, call()))).toBe(2)
    expect(await counted(() => t.test(pending, call()))).toBe(1)
    expect(await counted(() => t.end({ previous: pair.current, current: pending }, call()))).toBe(3)
    await proxy.stop()
  })
})
