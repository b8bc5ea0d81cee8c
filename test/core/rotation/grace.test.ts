import { expect, it } from 'vitest'
import { Bench, errorOf, GRACE } from './support.ts'

const consumer = (name: string, refresh: number, connectRetry = 0) => ({ name, kind: 'vm', refresh, connectRetry })

it.each(['alternating-users', 'issue-then-revoke'] as const)(
  'Grace, %s: starts at the recorded promotion, not when the value was made',
  async strategy => {
    const bench = new Bench(strategy)
    await bench.begun()
    bench.clock.advance(GRACE)
    await bench.rotate()
    const promotedAt = (await bench.state()).promotedAt!
    bench.clock.advanceTo(promotedAt + GRACE - 1)
    expect(await bench.retire()).toMatchObject({ outcome: 'waiting', for: 'grace', until: promotedAt + GRACE })
    expect(bench.works('previous')).toBe(true)
    bench.clock.advance(1)
    expect(await bench.retire()).toMatchObject({ outcome: 'retired' })
  },
)

it('Grace: an edit meanwhile does not shorten it', async () => {
  const bench = new Bench('alternating-users')
  await bench.rotate()
  bench.clock.advance(GRACE / 2)
  bench.edit(bench.current)
  expect(await bench.retire()).toMatchObject({ outcome: 'waiting', for: 'grace' })
})

it('Grace: must cover refresh, connect retry and replica lag of the slowest consumer, whom the refusal names', async () => {
  const consumers = [consumer('quick', 1_000), consumer('slow', GRACE - 2_000, 1_000)]
  const short = new Bench('alternating-users', { policy: { consumers, replicaLag: 1_001 } })
  const error = await errorOf(short.rotate())
  expect(error).toMatchObject({ code: 'refused' })
  expect(error.message).toContain('slow')
  expect(error.message).not.toContain('quick')
  expect(short.staged('pending')).toBeUndefined()
  const enough = new Bench('alternating-users', { policy: { consumers, replicaLag: 1_000 } })
  expect(await enough.rotate()).toMatchObject({ outcome: 'rotated' })
})

it('Grace: must also cover how long the store may show the version before, at the beginning and at the end', async () => {
  const consumers = [consumer('slow', GRACE - 3_000)]
  const policy = { consumers, replicaLag: 1_000, propagation: 2_001 }
  expect(await errorOf(new Bench('alternating-users', { policy }).rotate())).toMatchObject({ code: 'refused' })
  const bench = new Bench('alternating-users', { policy: { ...policy, propagation: 2_000 } })
  await bench.rotate()
  const promotedAt = (await bench.state()).promotedAt!
  const late = new Bench('single-user', { policy: { grace: 1, consumers: [consumer('a', 5)], propagation: 70_000 } })
  await late.rotate()
  const again = await late.rotate({ force: true })
  const until = (await late.state()).promotedAt! + 70_000 + 5 + late.policy.replicaLag + late.policy.runLife
  expect(again).toMatchObject({ outcome: 'waiting', for: 'spacing', until })
  expect(await bench.retire()).toMatchObject({ outcome: 'waiting', until: promotedAt + GRACE })
})

it('Grace: does not save consumers of a gap strategy, so it refuses nothing there', async () => {
  const bench = new Bench('single-user', { policy: { consumers: [consumer('slow', 2 * GRACE)] } })
  expect(await bench.rotate()).toMatchObject({ outcome: 'rotated' })
})

it('Grace: an emergency skips it, knowingly', async () => {
  const bench = new Bench('alternating-users', { policy: { consumers: [consumer('slow', 2 * GRACE)] } })
  const old = bench.current
  await bench.revokeNow({ reason: 'leaked' })
  expect(bench.accepts(old)).toBe(false)
  expect(bench.recorded('secret_revoked').at(-1)?.metadata).toMatchObject({
    rotation_type: 'emergency',
    reason: 'leaked',
  })
})
