/** What is sent, to a stub of the wire: MongoDB itself has not been run. Planted: each failed with the line it is about changed. */
import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { SecretValue } from '../../../core/secret/secret-value.ts'
import { call, clock, credential, failure, freshName, membersOf, newPassword, stubPair, target } from './fixture.ts'
import { startStub } from './stub.ts'

const stub = await startStub(['primary', 'secondary'])
afterAll(() => stub.stop())
beforeEach(() => stub.forget())

const sent = (name: string) => stub.commands.filter(command => command.name === name).map(command => command.sent)
const limits = { writeConcern: { w: 'majority', wtimeout: expect.any(Number) }, maxTimeMS: expect.any(Number) }

describe('set of alternating-users', () => {
  test('sends the password and nothing else of the user, at the primary, for a majority, within the time', async () => {
    const { target, current, pending, users } = stubPair(stub)
    await target.set({ current, pending }, call(10_000))
    const [, change] = sent('updateUser')
    expect(change).toEqual({ updateUser: users[1], pwd: pending.password.reveal(), $db: 'admin', ...limits })
    expect(change!.maxTimeMS).toBeLessThanOrEqual(10_000 - 250)
    expect(change!.maxTimeMS).toBeGreaterThan(5000)
    expect(change!.writeConcern.wtimeout).toBeLessThan(change!.maxTimeMS)
    expect(stub.commands.filter(({ name }) => name === 'updateUser').map(({ to, as }) => [to, as])).toEqual([
      ['member0', 'rotator'],
      ['member0', 'rotator'],
    ])
    expect(stub.user(users[1])!.roles).toEqual([{ role: 'readWrite', db: 'shop' }])
  })

  test('leaves our mark once, beside what people keep in customData', async () => {
    const { target, current, pending, users } = stubPair(stub)
    stub.user(users[1])!.customData = { team: 'orders', nested: { a: 1 } }
    await target.set({ current, pending }, call())
    expect(stub.user(users[1])!.customData).toEqual({
      team: 'orders',
      nested: { a: 1 },
      lockstep: 'lockstep:test/secret',
    })
    stub.forget()
    await target.set({ current, pending }, call())
    expect(sent('updateUser')).toHaveLength(1)
  })

  test('an admin that may not write customData changes the password all the same', async () => {
    const { target, current, pending, users } = stubPair(stub)
    stub.add({ ...stub.user('rotator')!, may: ['viewUser', 'changePassword'] })
    await target.set({ current, pending }, call())
    await target.test(pending, call())
    expect(stub.user(users[1])!.customData).toBeUndefined()
  })

  test('a mechanism that was taken from the user stays away', async () => {
    for (const mechanism of ['SCRAM-SHA-256', 'SCRAM-SHA-1'] as const) {
      const { target, current, pending, users } = stubPair(stub)
      stub.user(users[1])!.mechanisms = [mechanism]
      await target.set({ current, pending }, call())
      expect(stub.user(users[1])!.mechanisms).toEqual([mechanism])
      await target.test(pending, call())
    }
  })

  test("another configuration's mark: not-ours, nothing changed; adopted, it becomes ours", async () => {
    const { target: t, current, pending, users } = stubPair(stub)
    stub.user(users[1])!.customData = { lockstep: 'lockstep:other/secret' }
    await failure(t.set({ current, pending }, call()), 'not-ours')
    expect(sent('updateUser')).toEqual([])
    const { users: _, ...adopting } = stubPair(stub, { users, adopt: true })
    await adopting.target.set({ current, pending }, call())
    expect(stub.user(users[1])!.customData).toEqual({ lockstep: 'lockstep:test/secret' })
  })

  test.each(['root', '__system'])('a user with the role %s is not rotated', async role => {
    const { target, current, pending, users } = stubPair(stub)
    stub.user(users[1])!.roles = [{ role, db: 'admin' }]
    await failure(target.set({ current, pending }, call()), 'unsupported')
    expect(sent('updateUser')).toEqual([])
  })

  test('a twin that does not exist: identity-mismatch, and it is not created', async () => {
    const { target, current, users } = stubPair(stub, { users: ['app_x', 'app_y'] })
    stub.add({ ...stub.user(users[0])!, user: 'app_x' })
    const change = { current: { ...current, username: 'app_x' }, pending: credential('app_y') }
    await failure(target.set(change, call()), 'identity-mismatch')
    expect(stub.user('app_y')).toBeUndefined()
  })

  test('no time is left for the server: no-time, before anything is sent', async () => {
    const { target, current, pending } = stubPair(stub)
    const late = vi.spyOn(clock, 'now')
    stub.on('usersInfo', () => void late.mockImplementation(() => Date.now() + 19_900))
    await failure(target.set({ current, pending }, call(20_000)), 'no-time')
    late.mockRestore()
    stub.on('usersInfo', () => undefined)
    expect(sent('updateUser')).toEqual([])
  })
})

describe('end of alternating-users', () => {
  test('gives previous a password that nobody holds, and keeps the user with its roles and its sessions', async () => {
    const { target, current, pending, users } = stubPair(stub)
    await target.set({ current, pending }, call())
    stub.forget()
    await target.end({ previous: current, current: pending }, call())
    const [, change] = sent('updateUser')
    expect(change).toEqual({ updateUser: users[0], pwd: expect.any(String), $db: 'admin', ...limits })
    expect(change!.pwd).toMatch(/^[\w-]{43}$/)
    const first = stub.user(users[0])!.pwd
    await target.end({ previous: current, current: pending }, call())
    expect(stub.user(users[0])!.pwd).not.toBe(first)
    expect(stub.user(users[0])!.roles).toEqual([{ role: 'readWrite', db: 'shop' }])
    expect(sent('dropUser')).toEqual([])
  })

  test('previous was dropped meanwhile: ended', async () => {
    const { target, pending, users } = stubPair(stub, { users: ['gone_a', 'gone_b'] })
    stub.add({ ...stub.user(users[1])!, user: 'gone_b', pwd: pending.password.reveal() })
    const current = { ...pending, username: 'gone_b' }
    await target.end({ previous: credential('gone_a'), current }, call())
  })
})

describe('single-user', () => {
  const one = (may: readonly string[], admin = true) => {
    const current = credential(freshName('solo'))
    stub.add({ user: current.username, pwd: current.password.reveal(), may })
    const rotator = credential('solo_rotator')
    stub.add({ user: rotator.username, pwd: rotator.password.reveal(), may: ['viewUser', 'changePassword'] })
    const made = target({ endpoints: membersOf(stub), ...(admin && { admin: async () => rotator }) })
    return { target: made, current, pending: { ...current, password: newPassword() } }
  }

  test('the user changes its own password where it may, without the admin', async () => {
    const { target, current, pending } = one(['changeOwnPassword'])
    await target.set({ current, pending }, call())
    expect(stub.commands.filter(({ name }) => name === 'updateUser').map(({ as }) => as)).toEqual([current.username])
    expect(stub.logins.filter(({ as }) => as === 'solo_rotator')).toEqual([])
    await target.test(pending, call())
  })

  test('where it may not, the admin does; without one it is permission-missing', async () => {
    const denied = one([], false)
    await failure(denied.target.set({ current: denied.current, pending: denied.pending }, call()), 'permission-missing')
    await denied.target.test(denied.current, call())
    const { target, current, pending } = one([])
    await target.set({ current, pending }, call())
    await target.test(pending, call())
  })
})

describe('logins', () => {
  test('of a rotation, with two endpoints: set 3, test 2, end 5; no more than these', async () => {
    const { target, current, pending } = stubPair(stub)
    const counted = async (step: Promise<unknown>) => {
      const before = stub.logins.length
      await step
      return stub.logins.length - before
    }
    expect(await counted(target.set({ current, pending }, call()))).toBe(3)
    expect(await counted(target.test(pending, call()))).toBe(2)
    expect(await counted(target.end({ previous: current, current: pending }, call()))).toBe(5)
    // the two logins that must fail: previous, once at each endpoint
    expect(
      stub.logins
        .filter(({ good }) => !good)
        .map(({ to, as }) => `${as} at ${to}`)
        .sort(),
    ).toEqual(['member0', 'member1'].map(member => `${current.username} at ${member}`))
  })

  test('of a refused current: one at each endpoint, and one of the admin, who can tell why', async () => {
    const { target, current, pending } = stubPair(stub)
    const wrong = { ...current, password: newPassword() }
    const error = await failure(target.set({ current: wrong, pending }, call()), 'auth-failed')
    expect(error.next).toContain('authSource')
    expect(stub.logins.map(({ as }) => as).sort()).toEqual([current.username, current.username, 'rotator'])
  })
})

describe('the authentication database', () => {
  test('an admin that may not look, or is refused itself, leaves the refusal of current as it is', async () => {
    const { target, current, pending } = stubPair(stub)
    const change = { current: { ...current, password: newPassword() }, pending }
    stub.add({ ...stub.user('rotator')!, may: [] })
    await failure(target.set(change, call()), 'auth-failed')
    stub.add({ ...stub.user('rotator')!, pwd: 'another' })
    await failure(target.set(change, call()), 'auth-failed')
  })

  test('users are looked up, changed and logged in where they were created', async () => {
    const { target, current, pending, users } = stubPair(stub, { authSource: 'shop' })
    for (const user of users) stub.add({ ...stub.user(user)!, db: 'shop' })
    const untouched = stub.user(users[1])!.pwd
    await target.set({ current, pending }, call())
    await target.test(pending, call())
    expect(stub.user(users[1], 'shop')!.pwd).toBe(pending.password.reveal())
    expect(stub.user(users[1])!.pwd).toBe(untouched)
    await target.end({ previous: current, current: pending }, call())
    expect(stub.user(users[0])!.pwd).toBe(current.password.reveal())
  })

  test('the wrong one: identity-mismatch with what to do, where an admin can tell; a user exists in one only', async () => {
    const { target, current, pending } = stubPair(stub, { authSource: 'shop' })
    const error = await failure(target.set({ current, pending }, call()), 'identity-mismatch')
    expect(error.next).toContain('authSource')
  })
})

describe('before anything is sent', () => {
  test('TLS disabled on a way that is not the loopback interface: unsupported, unless plaintext is named', async () => {
    const far = { name: 'far', host: 'db.example', port: 1, role: 'writer' } as const
    const { target, current, pending } = stubPair(stub, { endpoints: [far] })
    const refusals = [
      target.set({ current, pending }, call()),
      target.end({ previous: pending, current }, call()),
      target.force!(current, call()),
    ]
    for (const refusal of refusals) expect((await failure(refusal, 'unsupported')).message).toContain('TLS is disabled')
    expect(stub.logins).toEqual([])
    const named = stubPair(stub, { endpoints: [{ ...far, host: 'nowhere.invalid' }], plaintext: true })
    await failure(named.target.set({ current: named.current, pending: named.pending }, call()), 'target-unreachable')
  })

  test.each([
    ['characters that no client can log in with', 'tab\there is enough'],
    ['nothing', ''],
  ])('a password of %s: value-rejected', async (_, text) => {
    const { target, current, pending } = stubPair(stub)
    const change = { current, pending: { ...pending, password: SecretValue.of(text) } }
    await failure(target.set(change, call()), 'value-rejected')
    expect(stub.logins).toEqual([])
  })
})
