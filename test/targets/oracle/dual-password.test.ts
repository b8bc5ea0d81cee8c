import { describe, expect, test } from 'vitest'
import { SecretValue } from '../../../core/secret/secret-value.ts'
import { call, credential, failure, LOGIN, newPassword, populated, target, textOf, writer } from './fixture.ts'

const DAY = 86_400_000

describe('set', () => {
  test('as the login itself, in the protocol: no statement holds a password, and no admin is asked', async () => {
    const { stub, current, user } = populated()
    const pending = credential()
    await target(stub, { admin: undefined }).set({ current, pending }, call(stub))
    expect(stub.valid(user)).toEqual([textOf(pending), textOf(current)])
    expect(stub.changes).toEqual([{ user: LOGIN, password: textOf(current), newPassword: textOf(pending) }])
    expect(stub.statements.map(({ text }) => text.split('\n')[0])).toEqual([expect.stringMatching(/^SELECT /)])
    expect(JSON.stringify(stub.statements)).not.toContain('anary')
  })

  test('again: nothing is changed, for a second change would take the place of the first', async () => {
    const { stub, current } = populated()
    const pending = credential()
    const t = target(stub)
    for (let i = 0; i < 3; i++) await t.set({ current, pending }, call(stub))
    expect(stub.changes).toHaveLength(1)
  })

  test('the same password for both: nothing', async () => {
    const { stub, current } = populated()
    await target(stub).set({ current, pending: current }, call(stub))
    expect(stub.changes).toEqual([])
  })

  test.each(['before', 'newest'] as const)(
    'a rollover that is not ours, current being the %s: not-ours, untouched',
    async of => {
      const { stub, current, user } = populated()
      user.until = stub.now() + DAY
      user.before = of === 'before' ? textOf(current) : 'somebody-else-1'
      user.newest = of === 'newest' ? textOf(current) : 'somebody-else-1'
      const valid = stub.valid(user)
      await failure(target(stub).set({ current, pending: credential() }, call(stub)), 'not-ours')
      expect(stub.changes).toEqual([])
      expect(stub.valid(user)).toEqual(valid)
    },
  )

  test('without a window nothing is changed: current would be gone', async () => {
    const { stub, current, user } = populated()
    user.window = 0
    await failure(target(stub).set({ current, pending: credential() }, call(stub)), 'unsupported')
    expect(stub.changes).toEqual([])
  })

  test('a login of Oracle itself', async () => {
    const { stub, current, user } = populated()
    user.maintained = true
    await failure(target(stub).set({ current, pending: credential() }, call(stub)), 'unsupported')
    await failure(target(stub).force!(credential(), call(stub)), 'unsupported')
    expect(stub.changes).toEqual([])
  })

  test.each(['', 'a"b', 'a\0b'])('a password that cannot be one: %j', async text => {
    const { stub, current } = populated()
    await failure(target(stub).set({ current, pending: credential(text) }, call(stub)), 'value-rejected')
    expect(stub.tried).toEqual([])
  })

  test.each(['app[other]', 'app/x', '"a"b"', 'a b', ''])('a name that would be something else: %j', async username => {
    const { stub } = populated()
    const foreign = { username, password: newPassword() }
    await failure(target(stub).test(foreign, call(stub)), 'value-unsuitable')
    expect(stub.tried).toEqual([])
  })
})

describe('end', () => {
  test('by the login itself: current is made the newest, then the rollover is ended', async () => {
    const { stub, current: previous, user } = populated()
    const current = credential()
    const t = target(stub, { admin: undefined })
    await t.set({ current: previous, pending: current }, call(stub))
    await t.end({ previous, current }, call(stub))
    expect(stub.valid(user)).toEqual([textOf(current)])
    expect(stub.statements.map(({ text }) => text)).toContain('ALTER USER "App é" EXPIRE PASSWORD ROLLOVER PERIOD')
    const changes = stub.changes.length
    await t.end({ previous, current }, call(stub))
    expect(stub.changes).toHaveLength(changes) // a change out of a rollover would begin one
  })

  test('beside a password of somebody else nothing is ended', async () => {
    const { stub, current, user } = populated()
    Object.assign(user, { before: 'somebody-else-1', until: stub.now() + DAY })
    await failure(target(stub).end({ previous: credential(), current }, call(stub)), 'not-ours')
    expect(stub.valid(user)).toEqual([textOf(current), 'somebody-else-1'])
    expect(stub.changes).toEqual([])
  })

  test('after a rollback current is the older of the two, and stays', async () => {
    const { stub, current, user } = populated()
    const pending = credential()
    const t = target(stub)
    await t.set({ current, pending }, call(stub))
    await t.end({ previous: pending, current }, call(stub))
    expect(stub.valid(user)).toEqual([textOf(current)])
  })

  test('a profile that remembers passwords: the rollover is left alone until it ends by itself', async () => {
    const { stub, current: previous, user } = populated()
    user.reuse = false
    const current = credential()
    const t = target(stub)
    await t.set({ current: previous, pending: current }, call(stub))
    const error = await failure(t.end({ previous, current }, call(stub)), 'target-busy')
    expect(error.foreign).toBe('ORA-28007')
    expect(stub.valid(user)).toEqual([textOf(current), textOf(previous)])
    stub.later = DAY
    await t.end({ previous, current }, call(stub))
    expect(stub.valid(user)).toEqual([textOf(current)])
  })

  test('a login that may not end its rollover: the admin does', async () => {
    const { stub, current: previous, user } = populated()
    const current = credential()
    const t = target(stub)
    await t.set({ current: previous, pending: current }, call(stub))
    stub.fail = (_, text, who) => (text.startsWith('ALTER') && who === 'App é' ? 'ORA-01031' : undefined)
    await failure(target(stub, { admin: undefined }).end({ previous, current }, call(stub)), 'permission-missing')
    await t.end({ previous, current }, call(stub))
    expect(stub.valid(user)).toEqual([textOf(current)])
  })

  test('current is refused: auth-failed, and nothing is ended', async () => {
    const { stub, current, user } = populated()
    const pending = credential()
    const t = target(stub)
    await t.set({ current, pending }, call(stub))
    await failure(t.end({ previous: current, current: credential() }, call(stub)), 'auth-failed')
    expect(stub.valid(user)).toHaveLength(2)
  })

  test('waits for a standby that is behind, and gives up in time', async () => {
    const { stub, current: previous } = populated()
    const current = credential()
    const t = target(stub, { endpoints: [writer(), writer({ name: 'standby', role: 'reader', port: 1522 })] })
    await t.set({ current: previous, pending: current }, call(stub))
    stub.standby = { port: 1522, behind: 3 }
    await t.end({ previous, current }, call(stub))
    expect(stub.standby.behind).toBeLessThan(0)
    stub.standby.behind = 1e6
    const error = await failure(t.end({ previous, current }, call(stub, 800)), 'target-busy')
    expect(error.at).toBe('standby')
  })

  test('an end that the server did not make is still-accepted', async () => {
    const { stub, current: previous } = populated()
    const current = credential()
    const t = target(stub)
    await t.set({ current: previous, pending: current }, call(stub))
    stub.keepsRollover = true
    const error = await failure(t.end({ previous, current }, call(stub)), 'still-accepted')
    expect(error.at).toBe('writer')
  })
})

test('logins per rotation and endpoint: set 1, test 1, end 3 and of them one refused', async () => {
  const { stub, current, user } = populated()
  const pending = credential()
  const t = target(stub)
  const tried = async (action: Promise<void>) => {
    stub.tried.length = 0
    await action
    return stub.tried.map(({ accepted }) => accepted)
  }
  expect(await tried(t.set({ current, pending }, call(stub)))).toEqual([true])
  expect(await tried(t.test(pending, call(stub)))).toEqual([true])
  expect(await tried(t.end({ previous: current, current: pending }, call(stub)))).toEqual([true, true, false])
  expect(stub.valid(user)).toEqual([textOf(pending)])
})

test('force: by the admin, the only password afterwards', async () => {
  const { stub, current, user } = populated()
  const t = target(stub)
  await t.set({ current, pending: credential() }, call(stub))
  const forced = credential()
  await t.force!(forced, call(stub))
  expect(stub.valid(user)).toEqual([textOf(forced)])
  const unknown = { username: 'nobody', password: newPassword() }
  await failure(t.force!(unknown, call(stub)), 'identity-mismatch')
  await failure(t.force!(credential('a" ACCOUNT UNLOCK --'), call(stub)), 'value-rejected')
  expect(target(stub, { admin: undefined }).force).toBeUndefined()
})

describe('test', () => {
  test('unquoted names are those in capitals', async () => {
    const { stub } = populated()
    stub.add('PLAIN', 'Plain-canary-1')
    await target(stub).test({ username: 'plain', password: SecretValue.of('Plain-canary-1') }, call(stub))
  })

  test('probes are rolled back; a failure is probe-failed with the code alone', async () => {
    const { stub, current } = populated()
    const t = target(stub, { probes: ['SELECT 1 FROM orders'] })
    await t.test(current, call(stub))
    expect(stub.statements.map(({ text }) => text).slice(-2)).toEqual(['SELECT 1 FROM orders', 'ROLLBACK'])
    stub.fail = (_, text) => (text.includes('orders') ? 'ORA-00942' : undefined)
    expect((await failure(t.test(current, call(stub)), 'probe-failed')).foreign).toBe('ORA-00942')
  })
})
