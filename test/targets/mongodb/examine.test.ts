/** Findings and repairs, over a stub of the wire: MongoDB itself has not been run. */
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { call, credential, failure, membersOf, stubPair, target } from './fixture.ts'
import { startStub } from './stub.ts'

const stub = await startStub(['primary'])
afterAll(() => stub.stop())
beforeEach(() => stub.forget())

const kinds = async (...[t, current]: [ReturnType<typeof target>, ReturnType<typeof credential>]) =>
  (await t.examine(current, call())).map(({ weight, kind }) => `${weight} ${kind}`)

/** What TLS in clear on the loopback interface always yields here. */
const tls = 'warns insecure-tls'

describe('a healthy pair', () => {
  test('has nothing in its way, and nothing is changed', async () => {
    const { target, current } = stubPair(stub)
    expect(await kinds(target, current)).toEqual([tls])
    expect(stub.commands.map(({ name }) => name).sort()).toEqual(['connectionStatus', 'usersInfo', 'usersInfo'])
  })
})

describe('a twin that is missing', () => {
  const model = () => {
    const pair = stubPair(stub)
    const missing = `${pair.users[0]}_twin`
    const found = stub.user(pair.users[0])!
    found.roles = [
      { role: 'readWrite', db: 'shop' },
      { role: 'reports', db: 'admin' },
    ]
    found.mechanisms = ['SCRAM-SHA-256']
    found.customData = { team: 'orders', lockstep: 'lockstep:test/secret' }
    found.authenticationRestrictions = [{ clientSource: ['10.0.0.0/8'] }]
    const users = [pair.users[0], missing] as const
    return { ...pair, missing, target: stubPair(stub, { users }).target }
  }

  test('is found, with a command that a person can run and no password in it', async () => {
    const { target, current, missing } = model()
    const found = (await target.examine(current, call())).find(({ kind }) => kind === 'twin-missing')!
    expect(found.weight).toBe('blocks')
    const prefix = `db.getSiblingDB("admin").createUser({ pwd: passwordPrompt(), "user":"${missing}"`
    expect(found.remedy!.startsWith(prefix)).toBe(true)
    for (const part of ['"reports"', '"10.0.0.0/8"', '["SCRAM-SHA-256"]', '"orders"'])
      expect(found.remedy).toContain(part)
    expect(found.remedy).not.toContain('lockstep:')
  })

  test('is made like the other, with our mark and a password that nobody holds; again: nothing', async () => {
    const { target, current, missing, users } = model()
    const found = (await target.examine(current, call())).find(({ kind }) => kind === 'twin-missing')!
    await found.fix!(call())
    const [like, made] = [stub.user(users[0])!, stub.user(missing)!]
    expect({ ...made, user: '', pwd: '' }).toEqual({ ...like, user: '', pwd: '', customData: like.customData })
    expect(made.pwd).toMatch(/^[\w-]{43}$/)
    await found.fix!(call())
    expect(stub.user(missing)!.pwd).toBe(made.pwd)
    expect(await kinds(target, current)).toEqual([tls])
    const pending = credential(missing)
    await target.set({ current, pending }, call())
    await target.test(pending, call())
  })

  test('is made without a mark where the server keeps no customData', async () => {
    const { target, current, missing } = model()
    stub.on('createUser', ({ sent }) =>
      sent.customData === undefined ? undefined : { ok: 0, code: 2, errmsg: 'customData is not supported' },
    )
    const found = (await target.examine(current, call())).find(({ kind }) => kind === 'twin-missing')!
    await found.fix!(call())
    expect(stub.user(missing)!.customData).toBeUndefined()
    stub.on('createUser', () => undefined)
  })

  test('is not made on a way that everybody can read', async () => {
    const { current, missing, users } = model()
    const endpoints = [...membersOf(stub), { name: 'far', host: 'db.example', port: 1, role: 'reader' } as const]
    const { target: open } = stubPair(stub, { users: [users[0], missing], endpoints })
    const found = (await open.examine(current, call())).find(({ kind }) => kind === 'twin-missing')!
    await failure(found.fix!(call()), 'unsupported')
    expect(stub.user(missing)).toBeUndefined()
  })
})

describe('a twin that differs', () => {
  const differing = (change: (twin: NonNullable<ReturnType<typeof stub.user>>) => void) => {
    const pair = stubPair(stub)
    change(stub.user(pair.users[1])!)
    return pair
  }

  test('roles that it lacks block, and are granted; nothing is taken away', async () => {
    const { target, current, users } = differing(twin => {
      twin.roles = [{ role: 'read', db: 'shop' }]
    })
    const findings = await target.examine(current, call())
    expect(findings.map(({ weight, kind }) => `${weight} ${kind}`)).toEqual([
      tls,
      'blocks roles-differ',
      'warns roles-differ',
    ])
    expect(findings[1]!.remedy).toBe(
      `db.getSiblingDB("admin").grantRolesToUser("${users[1]}", [{"role":"readWrite","db":"shop"}])`,
    )
    expect(findings[2]!.fix).toBeUndefined()
    await findings[1]!.fix!(call())
    expect(stub.user(users[1])!.roles).toEqual([
      { role: 'read', db: 'shop' },
      { role: 'readWrite', db: 'shop' },
    ])
  })

  test('addresses, mechanisms and customData are a matter for people', async () => {
    const { target, current } = differing(twin => {
      twin.authenticationRestrictions = [{ clientSource: ['127.0.0.1'] }]
      twin.mechanisms = ['SCRAM-SHA-1']
      twin.customData = { team: 'other' }
    })
    const findings = await target.examine(current, call())
    expect(findings.map(({ weight, kind }) => `${weight} ${kind}`)).toEqual([
      tls,
      'blocks restrictions-differ',
      'blocks mechanisms-differ',
      'warns custom-data-differs',
    ])
    expect(findings.filter(({ fix }) => fix !== undefined)).toEqual([])
  })

  test('more mechanisms, or the same roles in another order, do not block', async () => {
    const { target, current, users } = differing(() => {})
    const roles = [
      { role: 'a', db: 'x' },
      { role: 'b', db: 'y' },
    ]
    Object.assign(stub.user(users[0])!, { roles, mechanisms: ['SCRAM-SHA-256'] })
    Object.assign(stub.user(users[1])!, { roles: roles.toReversed(), mechanisms: ['SCRAM-SHA-256', 'SCRAM-SHA-1'] })
    expect(await kinds(target, current)).toEqual([tls, 'warns mechanisms-differ'])
  })
})

describe('what else stands in the way', () => {
  test("another configuration's mark, unless it is adopted; a privileged user", async () => {
    const { target, current, users } = stubPair(stub)
    stub.user(users[1])!.customData = { lockstep: 'lockstep:other/secret' }
    stub.user(users[0])!.roles = [{ role: 'root', db: 'admin' }]
    stub.user(users[1])!.roles = [{ role: 'root', db: 'admin' }]
    expect(await kinds(target, current)).toEqual([
      tls,
      'blocks unsupported-login',
      'blocks unsupported-login',
      'blocks foreign-mark',
    ])
  })

  test('no admin for two users', async () => {
    const { current, users } = stubPair(stub)
    const made = target({ strategy: 'alternating-users', users, endpoints: membersOf(stub) })
    stub.user(users[0])!.roles = stub.user(users[1])!.roles
    Object.assign(stub.user(users[0])!, { may: ['viewUser'] })
    expect(await kinds(made, current)).toEqual([tls, 'blocks admin-missing'])
  })

  test('an admin without the right; a user alone that may not change its own password', async () => {
    const { target: pair, current } = stubPair(stub)
    stub.add({ ...stub.user('rotator')!, may: ['viewUser'] })
    const [, rights] = await pair.examine(current, call())
    expect(rights).toMatchObject({ kind: 'admin-rights', weight: 'blocks' })
    expect(rights!.remedy).toContain('["changePassword","viewUser"]')
    expect(await kinds(target({ endpoints: membersOf(stub) }), current)).toEqual([tls, 'blocks admin-rights'])
    Object.assign(stub.user(current.username)!, { may: ['changeOwnPassword'] })
    expect(await kinds(target({ endpoints: membersOf(stub) }), current)).toEqual([tls])
  })

  test('a server that says neither rights nor restrictions: what it does not say stands in no way', async () => {
    const { target, current } = stubPair(stub)
    const silent = { ok: 0, code: 303, errmsg: 'Feature not supported' }
    stub.on('connectionStatus', ({ sent }) => (sent.showPrivileges === true ? silent : undefined))
    stub.on('usersInfo', ({ sent }) => (sent.showAuthenticationRestrictions === true ? silent : undefined))
    expect(await kinds(target, current)).toEqual([tls])
    for (const name of ['connectionStatus', 'usersInfo']) stub.on(name, () => undefined)
  })

  test('a user of another authentication database', async () => {
    const { target, current } = stubPair(stub, { authSource: 'shop' })
    expect(await kinds(target, current)).toEqual([tls, 'blocks user-missing', 'blocks twin-missing'])
  })

  test('a way that everybody can read', async () => {
    const far = { name: 'far', host: 'db.example', port: 1, role: 'reader' } as const
    const { target: open, current } = stubPair(stub, { endpoints: [...membersOf(stub), far] })
    expect(await kinds(open, current)).toEqual([tls, 'blocks plaintext-refused'])
  })
})

describe('probes', () => {
  test('run at every endpoint as the new user, with a limit; what fails is probe-failed', async () => {
    const { current } = stubPair(stub)
    const with_ = (probe: string) => target({ endpoints: membersOf(stub), probes: [probe] })
    await with_('{"find":"orders","limit":1,"$db":"shop"}').test(current, call())
    const [probe] = stub.commands.filter(({ name }) => name === 'find')
    expect(probe!.sent).toEqual({ find: 'orders', limit: 1, $db: 'shop', maxTimeMS: expect.any(Number) })
    await expect(with_('{"dbStats":1}').test(current, call())).rejects.toMatchObject({
      code: 'probe-failed',
      at: 'member0',
    })
  })

  test.each([
    'ping',
    '[]',
    '{}',
    '{"insert":"orders","documents":[]}',
    '{"dropUser":"app"}',
    '{"$db":"admin"}',
    '{"$db":5,"ping":1}',
    '{"aggregate":"orders","pipeline":[{"$out":"elsewhere"}],"cursor":{}}',
    '{"aggregate":"orders","pipeline":[{"$merge":{"into":"elsewhere"}}],"cursor":{}}',
  ])('%s is refused in the configuration', probe => {
    expect(() => target({ endpoints: membersOf(stub), probes: [probe] })).toThrow(/probe/)
  })
})

test('identity: a login that arrives as somebody else is identity-mismatch', async () => {
  const { target, current } = stubPair(stub)
  stub.on('connectionStatus', () => ({
    ok: 1,
    authInfo: { authenticatedUsers: [{ user: current.username, db: 'other' }] },
  }))
  await expect(target.test(current, call())).rejects.toMatchObject({ code: 'identity-mismatch' })
  stub.on('connectionStatus', () => undefined)
  await target.test(current, call())
})
