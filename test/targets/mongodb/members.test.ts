/** A set and its members, as a stub plays them: MongoDB itself has not been run. */
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { until } from '../../stand/stand.ts'
import { call, failure, freshName, membersOf, stubPair } from './fixture.ts'
import { type Stub, startStub } from './stub.ts'
import type { Kind } from './stub-state.ts'

async function stubOf(...kinds: Kind[]): Promise<Stub> {
  const stub = await startStub(kinds)
  afterAll(() => stub.stop())
  return stub
}

describe('where changes are made', async () => {
  const stub = await stubOf('secondary', 'primary', 'secondary')
  beforeEach(() => stub.forget())
  afterEach(() => {
    stub.members[0]!.kind = 'secondary'
    stub.members[1]!.kind = 'primary'
  })
  const changedAt = () => stub.commands.filter(({ name }) => name === 'updateUser').map(({ to }) => to)

  test('at the member that is the primary now, wherever it stands in the list, before and after a fail-over', async () => {
    const { target, current, pending } = stubPair(stub)
    await target.set({ current, pending }, call())
    expect(new Set(changedAt())).toEqual(new Set(['member1']))
    stub.members[1]!.kind = 'secondary'
    stub.members[0]!.kind = 'primary'
    stub.forget()
    await target.end({ previous: current, current: pending }, call())
    expect(new Set(changedAt())).toEqual(new Set(['member0']))
  })

  test('without a primary: target-busy, nothing changed; examine and force say the same', async () => {
    const { target, current, pending } = stubPair(stub)
    stub.members[1]!.kind = 'secondary'
    await failure(target.set({ current, pending }, call()), 'target-busy')
    await failure(target.examine(current, call()), 'target-busy')
    await failure(target.force!(current, call()), 'target-busy')
    expect(changedAt()).toEqual([])
    await target.test(current, call())
  })

  test('a reader is never asked to change anything, though it be the primary', async () => {
    const { target, current, pending } = stubPair(stub, { endpoints: membersOf(stub, 'member1') })
    await failure(target.set({ current, pending }, call()), 'target-busy')
  })

  test('it steps down between the look and the change: target-busy; while the change is under way: unknown-outcome', async () => {
    const { target, current, pending } = stubPair(stub)
    for (const [code, expected] of [
      [10107, 'target-busy'],
      [13435, 'target-busy'],
      [189, 'unknown-outcome'],
      [11602, 'unknown-outcome'],
    ] as const) {
      stub.on('updateUser', ({ sent }) => (sent.pwd === undefined ? undefined : { ok: 0, code, errmsg: 'not now' }))
      const error = await failure(target.set({ current, pending }, call()), expected)
      expect(error.foreign).toBe(String(code))
    }
    stub.on('updateUser', () => undefined)
    await target.set({ current, pending }, call())
  })
})

describe('members that lag', async () => {
  const stub = await stubOf('primary', 'secondary')
  const lagging = stub.members[1]!
  const pair = () => {
    const made = stubPair(stub, { endpoints: membersOf(stub, 'member1') })
    lagging.lag()
    return made
  }
  afterEach(() => lagging.catchUp())

  test('set does not wait; test is refused by the reader until it has caught up', async () => {
    const { target, current, pending } = pair()
    await target.set({ current, pending }, call())
    expect((await failure(target.test(pending, call()), 'auth-failed')).at).toBe('member1')
    expect(await target.accepts(pending, call())).toEqual({ accepted: ['member0'], refused: ['member1'] })
    lagging.catchUp()
    await target.test(pending, call())
  })

  test('end waits until the reader shows the change, then tries previous once', async () => {
    const { target, current, pending } = pair()
    await target.set({ current, pending }, call())
    lagging.catchUp()
    lagging.lag()
    stub.forget()
    const ending = target.end({ previous: current, current: pending }, call())
    await until(() => {
      const asked = stub.commands.filter(({ name, to }) => name === 'hello' && to === 'member1')
      expect(asked.length).toBeGreaterThan(2)
    })
    expect(stub.logins.filter(({ good }) => !good)).toEqual([])
    lagging.catchUp()
    await ending
    expect(stub.logins.filter(({ good }) => !good)).toHaveLength(2)
  })

  test('a reader that does not catch up in time: target-busy, and again later', async () => {
    const { target, current, pending } = pair()
    await target.set({ current, pending }, call())
    lagging.catchUp()
    lagging.lag()
    expect((await failure(target.end({ previous: current, current: pending }, call(4000)), 'target-busy')).at).toBe(
      'member1',
    )
    lagging.catchUp()
    await target.end({ previous: current, current: pending }, call())
  })
})

describe('routers', async () => {
  const stub = await stubOf('router', 'router')

  test('one that still has the ended password in its cache: still-accepted there; refreshed, it is ended', async () => {
    const { target, current, pending } = stubPair(stub)
    await target.set({ current, pending }, call())
    stub.members[1]!.lag() // a router does not say how far it is
    const error = await failure(target.end({ previous: current, current: pending }, call()), 'still-accepted')
    expect(error.at).toBe('member1')
    expect(error.retry).toBe('yes')
    stub.members[1]!.catchUp()
    await target.end({ previous: current, current: pending }, call())
  })
})

describe('answers to a change', async () => {
  const stub = await stubOf('primary')
  const answering = (answer: object) => {
    const made = stubPair(stub)
    stub.on('updateUser', ({ sent }) => (sent.pwd === undefined ? undefined : answer))
    return made
  }
  const setting = async (...[answer, code]: [object, Parameters<typeof failure>[1]]) => {
    const { target, current, pending } = answering(answer)
    return failure(target.set({ current, pending }, call()), code)
  }

  test('a majority that did not confirm in time, told either way: unknown-outcome', async () => {
    const concern = { code: 64, codeName: 'WriteConcernTimeout', errmsg: 'waiting for replication timed out' }
    await setting({ ok: 1, writeConcernError: concern }, 'unknown-outcome')
    await setting({ ok: 0, ...concern }, 'unknown-outcome')
    await setting({ ok: 1, writeConcernError: { code: 10107, errmsg: 'stepped down' } }, 'unknown-outcome')
    await setting({ ok: 1, writeConcernError: { code: 100, errmsg: 'not enough members' } }, 'unknown-outcome')
    await setting(
      { ok: 1, writeConcernError: { code: 50, errmsg: 'operation exceeded time limit' } },
      'unknown-outcome',
    )
  })

  test('the time that the server was given is over: unknown-outcome, for it may have been waiting for the majority', async () => {
    await setting({ ok: 0, code: 50, codeName: 'MaxTimeMSExpired', errmsg: 'exceeded' }, 'unknown-outcome')
  })

  test('Atlas: unsupported, and where users are changed instead', async () => {
    const error = await setting({ ok: 0, code: 8000, codeName: 'AtlasError', errmsg: 'CMD_NOT_ALLOWED' }, 'unsupported')
    expect(error.next).toContain('Administration API')
  })

  test('denied, refused by a policy, gone meanwhile', async () => {
    await setting({ ok: 0, code: 13, errmsg: 'not authorized' }, 'permission-missing')
    await setting({ ok: 0, code: 2, errmsg: 'the password canary is too weak' }, 'value-rejected')
    await setting({ ok: 0, code: 11, errmsg: 'not found' }, 'identity-mismatch')
  })

  test('no error shows what the server said', async () => {
    const error = await setting({ ok: 0, code: 2, errmsg: `weak: ${freshName('canary')}` }, 'value-rejected')
    expect(JSON.stringify(error) + error.stack).not.toContain('canary')
  })

  test('no answer: the connection is given up when the time is over, and so is the caller', async () => {
    const { target, current, pending } = stubPair(stub)
    stub.on('updateUser', () => 'hang')
    await failure(target.set({ current, pending }, call(3000)), 'target-unreachable') // hung at the mark, before the change
    stub.on('updateUser', ({ sent }) => (sent.pwd === undefined ? undefined : 'hang'))
    await failure(target.set({ current, pending }, call(3000)), 'unknown-outcome')
    const abort = new AbortController()
    stub.on('updateUser', ({ sent }) => {
      if (sent.pwd === undefined) return undefined
      abort.abort()
      return 'hang'
    })
    await failure(target.set({ current, pending }, call(20_000, abort.signal)), 'unknown-outcome')
  })
})
