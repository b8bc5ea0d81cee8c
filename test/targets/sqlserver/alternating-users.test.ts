import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import type { Credential } from '../../../core/secret/credential.ts'
import { SecretValue } from '../../../core/secret/secret-value.ts'
import { startProxy } from '../../stand/proxy.ts'
import { until } from '../../stand/stand.ts'
import {
  ADMIN,
  call,
  connect,
  credential,
  failure,
  onTheWire,
  populate,
  target,
  textOf,
  users,
  writer,
} from './fixture.ts'
import { startTdsStub } from './tds-stub.ts'

const primary = await startTdsStub()
const secondary = await startTdsStub()
const proxy = await startProxy(primary)
afterAll(() => Promise.all([proxy, primary, secondary].map(each => each.stop())))

let current: Credential
let pending: Credential
beforeEach(() => {
  current = populate(primary, secondary)
  pending = credential(users[1])
  for (const stub of [primary, secondary]) {
    stub.seen.length = stub.tried.length = 0
    stub.override = () => undefined
    stub.refuse = () => undefined
    stub.late = 0
  }
})

const both = [writer(primary), writer(secondary, { name: 'secondary', role: 'reader' })]
const sent = (stub: typeof primary, what: RegExp) => stub.seen.filter(({ text }) => what.test(text))

describe('what is sent', () => {
  test('one statement, names in brackets and the password as Unicode text, both doubled, in master, by the admin', async () => {
    const awkward = { username: users[1], password: SecretValue.of(`a'b]é漢"\\%`) }
    await target({ endpoints: both }).set({ current, pending: awkward }, call())
    for (const stub of [primary, secondary]) {
      const [change, ...more] = sent(stub, /ALTER/)
      expect(more).toEqual([])
      expect(change).toMatchObject({ user: 'sa', database: 'master' })
      expect(change!.text).toMatch(/; ALTER LOGIN \[app\]\]b'\] WITH PASSWORD = N'a''b]é漢"\\%'$/)
      expect(change!.text).toMatch(
        /^SET LOCK_TIMEOUT \d+; IF SYSUTCDATETIME\(\) > DATEADD\(.*\) THROW 50713, N'too late', 1;/,
      )
      expect(stub.logins.get(users[1])!.password).toBe(textOf(awkward))
    }
  })

  test('contained: ALTER USER in the database, on the writer only, for the database replicates it', async () => {
    const t = target({ contained: true, endpoints: [writer(primary)] })
    await t.set({ current, pending }, call())
    expect(sent(primary, /ALTER/)).toMatchObject([{ user: 'sa', database: 'app' }])
    expect(sent(primary, /ALTER/)[0]!.text).toContain("ALTER USER [app]]b'] WITH PASSWORD")
    const withReader = target({ contained: true, endpoints: both })
    await withReader.set({ current, pending }, call())
    expect(sent(secondary, /ALTER/)).toEqual([])
  })

  test('logins per rotation and server: set 2, test 1, end 3 and of them one refused', async () => {
    const t = target({ endpoints: both })
    const tried = async (action: Promise<void>) => {
      for (const stub of [primary, secondary]) stub.tried.length = 0
      await action
      expect(primary.tried).toEqual(secondary.tried)
      return primary.tried.map(({ user, accepted }) => `${user} ${accepted}`)
    }
    expect(await tried(t.set({ current, pending }, call()))).toEqual([`${users[0]} true`, 'sa true'])
    expect(await tried(t.test(pending, call()))).toEqual([`${users[1]} true`])
    expect(await tried(t.end({ previous: current, current: pending }, call()))).toEqual([
      ...[`${users[1]} true`, 'sa true'],
      `${users[0]} false`,
    ])
  })
})

describe('end', () => {
  test('sets a password that nobody knows, of every kind of character, and leaves the login enabled', async () => {
    const t = target({ endpoints: both })
    await t.set({ current, pending }, call())
    await t.end({ previous: current, current: pending }, call())
    const left = primary.logins.get(users[0])!.password
    expect(left).toMatch(/^(?=.*[a-z])(?=.*[A-Z])(?=.*\d)(?=.*!).{60,128}$/)
    expect(secondary.logins.get(users[0])!.password).not.toBe(left)
    expect(sent(primary, /DISABLE|DROP/)).toEqual([])
  })

  test('a server that did not apply it is still-accepted', async () => {
    const t = target({ endpoints: both })
    await t.set({ current, pending }, call())
    secondary.override = text => (text.includes('ALTER') ? [] : undefined)
    const error = await failure(t.end({ previous: current, current: pending }, call()), 'still-accepted')
    expect(error.at).toBe('secondary')
  })

  test('a login that somebody has disabled is ended like any other, and stays disabled', async () => {
    const t = target({ endpoints: both })
    await t.set({ current, pending }, call())
    const login = primary.logins.get(users[0])!
    login.disabled = true
    await t.end({ previous: current, current: pending }, call())
    expect(login.password).not.toBe(textOf(current))
    expect(login.disabled).toBe(true)
  })

  test('a login that has been dropped is ended', async () => {
    const t = target({ endpoints: both })
    await t.set({ current, pending }, call())
    for (const stub of [primary, secondary]) stub.logins.delete(users[0])
    await t.end({ previous: current, current: pending }, call())
  })
})

describe('refused before anything is changed', () => {
  afterAll(() => expect(sent(primary, /ALTER/)).toEqual([]))

  test.each([
    ['disabled', { disabled: true }, 'login-locked'],
    ['locked out', { locked: true }, 'login-locked'],
    ['a sysadmin', { privileged: true }, 'unsupported'],
  ] as const)('a twin that is %s', async (_, attributes, code) => {
    Object.assign(primary.logins.get(users[1])!, attributes)
    await failure(target({ endpoints: both }).set({ current, pending }, call()), code)
  })

  test.each(['sa', '##MS_PolicyEventProcessingLogin##'])('the login %s of the server itself', async name => {
    const t = target({ endpoints: both, users: [users[0], name] })
    primary.logins.set(name, { password: ADMIN })
    await failure(t.set({ current, pending: credential(name) }, call()), 'unsupported')
  })

  test('a twin that does not exist', async () => {
    primary.logins.delete(users[1])
    await failure(target({ endpoints: both }).set({ current, pending }, call()), 'identity-mismatch')
  })

  test('no admin; an admin whom the server refuses', async () => {
    await failure(target({ endpoints: both, admin: undefined }).set({ current, pending }, call()), 'permission-missing')
    const wrong = async () => credential('sa')
    await failure(target({ endpoints: both, admin: wrong }).set({ current, pending }, call()), 'admin-refused')
  })

  test.each(['', 'x'.repeat(129), 'a\0b', '\ud800x'])('a password that cannot be one: %j', async text => {
    const unsuitable = credential(users[1], SecretValue.of(text))
    await failure(target({ endpoints: both }).set({ current, pending: unsuitable }, call()), 'value-rejected')
  })
})

describe('time', () => {
  test('a change that arrives too late is refused by the server itself', async () => {
    primary.late = 60_000
    const error = await failure(target({ endpoints: both }).set({ current, pending }, call()), 'target-busy')
    expect(error.foreign).toBe('50713')
    expect(primary.logins.get(users[1])!.password).not.toBe(textOf(pending))
  })

  test('a server that does not answer a change is unknown-outcome at the deadline, and abort ends the wait', async () => {
    const t = target({ endpoints: [writer(proxy)] })
    void proxy.loseAnswerTo(onTheWire('ALTER LOGIN'), 'silent')
    await failure(t.set({ current, pending }, call(700)), 'unknown-outcome')
    void proxy.loseAnswerTo(onTheWire('ORIGINAL_LOGIN'), 'silent')
    const giveUp = new AbortController()
    setTimeout(() => giveUp.abort(), 100)
    await failure(t.test(current, call(20_000, giveUp.signal)), 'aborted')
  })

  test('a connection lost before the change arrived is unknown-outcome too, and set can be repeated', async () => {
    const t = target({ endpoints: [writer(proxy)] })
    void proxy.loseAnswerTo(onTheWire('ALTER LOGIN'), 'swallowed')
    await failure(t.set({ current, pending }, call()), 'unknown-outcome')
    expect(primary.logins.get(users[1])!.password).not.toBe(textOf(pending))
    await t.set({ current, pending }, call())
    await t.test(pending, call())
  })

  test('a server that accepts the connection and says nothing is target-unreachable', async () => {
    const resume = proxy.stall()
    await failure(target({ endpoints: [writer(proxy)] }).accepts(current, call(300)), 'target-unreachable')
    resume()
  })
})

describe('test', () => {
  test('who arrives as another login is an identity-mismatch', async () => {
    primary.override = text => (text.includes('ORIGINAL_LOGIN') ? [{ login: 'guest' }] : undefined)
    await failure(target({ endpoints: both }).test(current, call()), 'identity-mismatch')
  })

  test('probes run in a transaction that is rolled back; a failure is probe-failed with the number alone', async () => {
    const t = target({ endpoints: [writer(primary)], probes: ['SELECT 1 FROM orders'] })
    await t.test(current, call())
    const texts = sent(primary, /TRANSACTION|orders/).map(({ text }) => text.replace(/\d{2,}/, 'n'))
    expect(texts).toEqual([
      'SET LOCK_TIMEOUT n; BEGIN TRANSACTION',
      'SELECT 1 FROM orders',
      'IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION',
    ])
    primary.override = text => (text.includes('orders') ? { error: 229 } : undefined)
    const error = await failure(t.test(current, call()), 'probe-failed')
    expect(error.foreign).toBe('229')
  })
})

describe('sessions', () => {
  test('by the number of whom they were opened as; only idle ones; one that has ended meanwhile is none of ours', async () => {
    const t = target({ endpoints: [writer(primary)] })
    const session = await connect(primary, current)
    expect(await t.sessions!(current, current, 0, call())).toBe(1)
    const [asked] = sent(primary, /dm_exec_sessions/)
    // in the consumers' database: Azure SQL shows the sessions of one's own only
    expect(asked).toMatchObject({ user: 'sa', database: 'app' })
    expect(asked!.text).toContain("original_security_id = SUSER_SID(N'app]a''')")
    primary.override = text => (text.startsWith('KILL') ? { error: 6106 } : undefined)
    expect(await t.endSessions!(current, current, { only: 'idle' }, call())).toBe(0)
    await session.use()
    primary.override = () => undefined
    expect(await t.endSessions!(current, current, { only: 'idle' }, call())).toBe(1)
    await expect(session.use()).rejects.toThrow()
    await until(() => expect(primary.sessions.size).toBe(0), 2000)
  })

  test('hidden ones are permission-missing, never none', async () => {
    primary.override = text =>
      text.includes('dm_exec_sessions') ? [{ sees: 0, id: null, age: null, idle: 0 }] : undefined
    const t = target({ endpoints: [writer(primary)] })
    await failure(t.sessions!(current, current, 0, call()), 'permission-missing')
  })
})
