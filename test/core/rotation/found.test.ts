/** Faults of the engine that tests or reading found once, one test each. */
import { expect, it } from 'vitest'
import { RotationError } from '../../../core/errors.ts'
import { rotate } from '../../../core/rotation/rotate.ts'
import { SecretValue } from '../../../core/secret/secret-value.ts'
import { ID, noteShape } from '../../../core/testing/simulation/world.ts'
import { Bench, codeOf, DAY, errorOf, failing, GRACE, RUN_LIFE } from './support.ts'

it('Urgent: put back under a lagging reader converges: not set again for ever', async () => {
  const bench = new Bench('single-user', { lag: 2_000, policy: { replicaLag: 5_000 } })
  const before = bench.current
  bench.target_ = { test: failing('probe-failed') }
  for (let i = 0; i < 7; i++) {
    await bench.rotate().catch(() => undefined)
    bench.clock.advance(2 * RUN_LIFE)
  }
  expect(bench.current).toEqual(before)
  expect(bench.staged('pending')).toBeUndefined()
  expect(bench.works('current')).toBe(true)
})

it('Retire: a failure after the claim is told, not taken for another run', async () => {
  const bench = new Bench('alternating-users')
  await bench.rotate()
  bench.clock.advance(GRACE)
  bench.target_ = { end: failing('still-accepted') }
  expect(await codeOf(bench.retire())).toBe('still-accepted')
})

it('Retire: one lost answer is retried within the run', async () => {
  const bench = new Bench('alternating-users')
  await bench.rotate()
  bench.clock.advance(GRACE)
  let ends = 0
  const { end } = bench.target as { end: (...args: unknown[]) => Promise<void> }
  const once = async (...args: unknown[]) =>
    ends++ === 0 ? failing('target-unreachable')() : end.apply(bench.target, args)
  bench.target_ = { end: once }
  expect(await bench.retire()).toMatchObject({ outcome: 'retired' })
})

it('Changed meanwhile, alternating: edited after set, current refused, pending works: rebased and finished', async () => {
  const bench = new Bench('alternating-users')
  bench.setPassword(await bench.begun())
  bench.edit({ username: bench.current.username, password: SecretValue.of('mistyped') })
  bench.clock.advance(RUN_LIFE)
  expect(await bench.rotate()).toMatchObject({ outcome: 'rotated' })
  expect(bench.works('current')).toBe(true)
})

it('Rollback: refused when previous fails, and nothing is left behind that blocks what comes next', async () => {
  const bench = new Bench('alternating-users')
  await bench.rotate()
  bench.spoil(bench.staged('previous')!.username)
  await errorOf(bench.rollback())
  expect((await bench.state()).pending).toBeUndefined()
  bench.clock.advance(GRACE)
  expect(await bench.retire()).toMatchObject({ outcome: 'retired' })
})

it('Grace: is at least what the slowest declared consumer needs, also when it was declared later', async () => {
  const bench = new Bench('alternating-users')
  await bench.rotate()
  const slow = { name: 'slow', kind: 'vm', refresh: 10 * GRACE, connectRetry: 0 }
  Object.assign(bench.policy, { consumers: [slow] })
  bench.clock.advance(2 * GRACE)
  expect(await bench.retire()).toMatchObject({ outcome: 'waiting', for: 'grace' })
})

it('Grace: no promotion on record: recorded now, waited for in full', async () => {
  const bench = new Bench('alternating-users')
  await bench.rotate()
  const describe = bench.store.describe.bind(bench.store)
  bench.store_ = {
    describe: async (...args) => {
      const { promotedAt: _, ...state } = (await describe(...args))!
      return state
    },
  }
  expect(await bench.retire()).toMatchObject({ outcome: 'waiting', until: bench.clock.now() + GRACE })
})

it('Restored: an older version that is no credential is skipped, not the end of the search', async () => {
  const bench = new Bench('single-user')
  const good = bench.current
  bench.store.edit(ID, SecretValue.of('not json'))
  bench.edit(good)
  await bench.rotate({ force: true })
  bench.clock.advance(GRACE)
  await bench.retire()
  bench.setPassword(good)
  bench.clock.advance(DAY)
  const read = (value: SecretValue) => {
    if (!value.reveal().startsWith('{')) throw new RotationError('value-unsuitable', 'no JSON')
    return noteShape.read(value)
  }
  const setup = { ...bench.wired, shape: { ...noteShape, read } }
  expect(await rotate(setup, bench.request(), bench.abort.signal)).toMatchObject({ outcome: 'rotated' })
})

it('Beginning: the interval counts from the recorded promotion: edits of a note do not put it off', async () => {
  const bench = new Bench('single-user')
  await bench.rotate()
  bench.clock.advance(DAY - 1)
  bench.edit(bench.current)
  bench.clock.advance(1)
  expect(await bench.rotate()).toMatchObject({ outcome: 'rotated' })
})

it('Promise 2: after an edit to the other login, its twin is not overwritten while consumers may cache it', async () => {
  const bench = new Bench('alternating-users')
  await bench.rotate()
  bench.clock.advance(GRACE)
  await bench.retire()
  bench.clock.advance(DAY)
  const cached = bench.current
  const other = { username: cached.username === 'app_a' ? 'app_b' : 'app_a', password: bench.password() }
  bench.setPassword(other)
  bench.edit(other)
  await bench.rotate({ force: true })
  expect(bench.accepts(cached)).toBe(true)
})

it('Emergency: finished by a scheduled run, and asked again with the same reason: not begun a second time', async () => {
  const bench = new Bench('alternating-users')
  const promote = bench.store.promote.bind(bench.store)
  bench.store_ = { promote: failing('access-denied') }
  await errorOf(bench.revokeNow({ reason: 'leaked' }))
  bench.store_ = { promote }
  await bench.rotate()
  const { current } = bench
  await bench.revokeNow({ reason: 'leaked' })
  expect(bench.current.password.equals(current.password)).toBe(true)
})

it('Triggers: single-user: a set that was refused without effect uses up the retry budget', async () => {
  const bench = new Bench('single-user', { policy: { retryBudget: 2 } })
  bench.target_ = { set: failing('permission-missing') }
  for (let i = 0; i < 5; i++) {
    await errorOf(bench.rotate())
    bench.clock.advance(RUN_LIFE)
  }
  expect((await bench.state()).halted).toBe('permission-missing')
  expect(bench.works('current')).toBe(true)
})

it('Changed meanwhile: current that a lagging reader does not show yet is not "both refused"', async () => {
  const bench = new Bench('single-user', { lag: 2_000 })
  await bench.begun()
  const changed = { username: 'app', password: SecretValue.of('by hand') }
  bench.setPassword(changed)
  bench.edit(changed)
  expect(await codeOf(bench.rotate())).toBe('target-busy')
})

it('Issuing: a key that somebody makes long after our rotation was over is not taken for an orphan of ours', async () => {
  const bench = new Bench('issue-then-revoke', { tags: false })
  await bench.rotate()
  bench.clock.advance(GRACE)
  await bench.retire()
  bench.clock.advance(DAY)
  const theirs = bench.issuer.seed()
  bench.clock.advance(DAY)
  await bench.rotate().catch(() => undefined)
  expect(bench.issuer.keys).toContain(theirs.username)
})

it('Urgent: a settle time does not hold consumers of a gap strategy in the gap', async () => {
  const bench = new Bench('single-user', { policy: { settle: 10_000 } })
  await bench.rotate().catch(() => undefined)
  expect(bench.works('current')).toBe(true)
})

it('Promise 2: two edits in a row do not hide the login that consumers may cache', async () => {
  const bench = new Bench('alternating-users')
  await bench.rotate()
  bench.clock.advance(GRACE)
  await bench.retire()
  bench.clock.advance(DAY)
  const cached = bench.current
  const other = { username: cached.username === 'app_a' ? 'app_b' : 'app_a', password: bench.password() }
  bench.setPassword(other)
  bench.edit(other)
  bench.edit(other)
  expect(await bench.rotate({ force: true })).toMatchObject({ outcome: 'waiting', for: 'grace' })
  expect(bench.accepts(cached)).toBe(true)
})

it('Changed meanwhile: an edit that was no credential, and was corrected, does not hold the next rotation up', async () => {
  const bench = new Bench('alternating-users')
  await bench.rotate()
  bench.clock.advance(GRACE)
  await bench.retire()
  bench.clock.advance(DAY)
  const good = bench.current
  bench.store.edit(ID, SecretValue.of('not json'))
  bench.edit(good)
  const read = (value: SecretValue) => {
    if (!value.reveal().startsWith('{')) throw new RotationError('value-unsuitable', 'no JSON')
    return noteShape.read(value)
  }
  const setup = { ...bench.wired, shape: { ...noteShape, read } }
  const result = await rotate(setup, { ...bench.request(), force: true }, bench.abort.signal)
  expect(result).toMatchObject({ outcome: 'rotated' })
})

it('Changed meanwhile: a pending that was discarded was never current: its login is not held for consumers', async () => {
  const bench = new Bench('alternating-users')
  await bench.rotate()
  bench.clock.advance(GRACE)
  await bench.retire()
  bench.clock.advance(DAY)
  await bench.begun()
  bench.edit(bench.current)
  bench.clock.advance(RUN_LIFE)
  expect(await bench.rotate({ force: true })).toMatchObject({ outcome: 'rotated' })
})

it('Every attempt is on record: a publication that its run could not record is ended by whoever finds it', async () => {
  const bench = new Bench('alternating-users')
  bench.setPassword(await bench.begun())
  const { store } = bench
  bench.store_ = {
    describe: async (...args) => {
      const state = await store.describe(...args)
      return state?.pending ? { ...state, pending: { ...state.pending, published: true } } : state
    },
  }
  expect(await bench.rotate()).toMatchObject({ outcome: 'rotated' })
  expect(bench.recorded('secret_rotated')).toHaveLength(1)
})
