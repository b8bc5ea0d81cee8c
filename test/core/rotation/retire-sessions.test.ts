import { expect, it } from 'vitest'
import { Bench, GRACE, RUN_LIFE } from './support.ts'

/** A target that shows sessions: `open` of the old login since the given instant. */
async function withSessions(open: number, options = {}) {
  const bench = new Bench('alternating-users', options)
  const seen: { since?: number; ended: object[] } = { ended: [] }
  const sessions = async (_credential: unknown, _current: unknown, since: number) => {
    seen.since = since
    return open
  }
  const endSessions = async (_credential: unknown, _current: unknown, which: object) => {
    seen.ended.push(which)
    return 3
  }
  bench.target_ = { sessions, endSessions }
  await bench.rotate()
  return { bench, seen }
}

it('Retire: held while the old login has sessions opened after promotion and cache', async () => {
  const { bench, seen } = await withSessions(2)
  const { promotedAt } = await bench.state()
  bench.clock.advance(GRACE)
  expect(await bench.retire()).toMatchObject({ outcome: 'waiting', for: 'sessions' })
  expect(seen.since).toBe(promotedAt! + 30_000)
  expect(bench.works('previous')).toBe(true)
  expect((await bench.state()).retiring).toBeUndefined()
  expect(bench.recorded('rotation_waiting').at(-1)?.metadata).toMatchObject({ waiting_for: 'sessions' })
})

it('Retire: a person releases it, by name and reason, on record', async () => {
  const { bench } = await withSessions(2)
  bench.clock.advance(GRACE)
  const old = bench.staged('previous')!
  expect(await bench.retire({ release: 'sessions', reason: 'a dead job' })).toMatchObject({ outcome: 'retired' })
  expect(bench.accepts(old)).toBe(false)
  expect(bench.recorded('secret_revoked').at(-1)).toMatchObject({
    actor: { user_id: 'simulator' },
    metadata: { reason: 'a dead job' },
  })
})

it('Retire: no session is ended at promote, and none after the grace unless configured', async () => {
  const { bench, seen } = await withSessions(0)
  bench.clock.advance(GRACE)
  await bench.retire()
  expect(seen.ended).toEqual([])
})

it('Retire: idle sessions, and only they, are ended after the grace if configured', async () => {
  const { bench, seen } = await withSessions(0, { policy: { idleSessions: 'end' } })
  expect(seen.ended).toEqual([])
  bench.clock.advance(GRACE)
  expect(await bench.retire()).toMatchObject({ outcome: 'retired', sessionsEnded: 3 })
  expect(seen.ended).toEqual([{ only: 'idle' }])
})

it('Retire, emergency: every session that may have used the old credential ends, sessions hold nothing', async () => {
  const { bench, seen } = await withSessions(5)
  bench.clock.advance(2_000)
  await bench.revokeNow({ reason: 'leaked' })
  expect(seen.ended).toEqual([{ before: bench.clock.now() }, { before: bench.clock.now() }])
})

it('Retire, emergency, single-user: verified refused with one login per endpoint, sessions ended', async () => {
  const bench = new Bench('single-user', { lag: 0 })
  const ended: object[] = []
  bench.target_ = { endSessions: async (_: unknown, __: unknown, which: object) => ended.push(which) }
  const { refusals } = await bench.loginsOf(() => bench.revokeNow({ reason: 'leaked' }))
  expect(refusals).toBe(2)
  expect(ended).toEqual([{ before: bench.clock.now() }])
})

it('Retire, emergency: the same request again finishes the first, and begins no second within a run’s life', async () => {
  const bench = new Bench('alternating-users')
  await bench.revokeNow({ reason: 'leaked' })
  const { current } = bench
  expect(await bench.revokeNow({ reason: 'leaked' })).toMatchObject([{ outcome: 'already-rotated' }])
  expect(bench.current).toEqual(current)
  bench.clock.advance(RUN_LIFE)
  expect((await bench.revokeNow({ reason: 'again' })).map(r => r.outcome)).toContain('rotated')
})
