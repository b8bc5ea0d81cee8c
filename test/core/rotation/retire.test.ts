import { expect, it } from 'vitest'
import { ID } from '../../../core/testing/simulation/world.ts'
import { Bench, codeOf, GRACE, RUN_LIFE } from './support.ts'

async function graceOver(strategy: Bench['options']['strategy'] = 'alternating-users', options = {}): Promise<Bench> {
  const bench = new Bench(strategy, options)
  await bench.rotate()
  bench.clock.advance(GRACE)
  return bench
}

it.each(['alternating-users', 'issue-then-revoke'] as const)(
  'Retire, %s: ends the credential, keeps the version, is on record',
  async strategy => {
    const bench = await graceOver(strategy)
    const old = bench.staged('previous')!
    const { version } = (await bench.state()).previous!
    expect(await bench.retire()).toMatchObject({ outcome: 'retired', old: version })
    expect(bench.accepts(old)).toBe(false)
    expect(bench.works('current')).toBe(true)
    expect(await bench.store.read(ID, version, bench.call())).toBeDefined()
    expect((await bench.state()).previous).toBeUndefined()
    expect(bench.recorded('secret_revoked')).toMatchObject([{ result: 'success', secret_version: { old: version } }])
    expect(await bench.retire()).toMatchObject({ outcome: 'nothing-to-retire' })
  },
)

it('Retire: acts only on a version that a recorded rotation replaced, never on one that a person replaced', async () => {
  const bench = new Bench('alternating-users')
  const first = bench.current
  bench.edit(first)
  bench.clock.advance(GRACE)
  expect(await bench.retire()).toMatchObject({ outcome: 'nothing-to-retire' })
  expect(bench.accepts(first)).toBe(true)
})

it.each(['alternating-users', 'issue-then-revoke'] as const)(
  'Retire, %s: refuses if current names the same login or key, released or not',
  async strategy => {
    const bench = await graceOver(strategy)
    bench.edit(bench.staged('previous')!, 'copied')
    for (const more of [{}, { release: 'sessions' }, { type: 'emergency' }] as const)
      expect(await codeOf(bench.retire(more))).toBe('refused')
    expect(bench.works('current')).toBe(true)
    expect((await bench.state()).retiring).toBeUndefined()
  },
)

it('Retire: first logs in with current on every endpoint', async () => {
  const bench = await graceOver('alternating-users', { lag: 0 })
  const { accepts } = bench.target
  bench.target_ = {
    accepts: async (...args) => ({
      ...(await accepts.apply(bench.target, args)),
      accepted: ['writer'],
      refused: ['reader'],
    }),
  }
  expect(await codeOf(bench.retire())).toBe('current-refused')
  expect(bench.works('previous')).toBe(true)
  expect((await bench.state()).retiring).toBeUndefined()
})

it('Retire: claims first, so that no rotation begins while the credential ends', async () => {
  const bench = await graceOver()
  let whileEnding: unknown
  const { end } = bench.target as { end: (...args: unknown[]) => Promise<void> }
  bench.target_ = {
    end: async (...args: unknown[]) => {
      whileEnding = await bench.rotate({ force: true })
      return end.apply(bench.target, args)
    },
  }
  await bench.retire()
  expect(whileEnding).toMatchObject({ outcome: 'waiting', for: 'retire' })
})

it('Retire: current that a person changed after the claim ends nothing', async () => {
  const bench = await graceOver()
  const claimRetire = bench.store.claimRetire.bind(bench.store)
  const old = bench.staged('previous')!
  bench.store_ = {
    claimRetire: async (...args) => {
      await claimRetire(...args)
      bench.edit(old, 'copied')
    },
  }
  await bench.retire().catch(() => undefined)
  expect(bench.accepts(old)).toBe(true)
})

it('Retire: a look that is older than the claim says nothing about what a person did before it', async () => {
  const bench = await graceOver()
  const before = await bench.state()
  const old = bench.staged('previous')!
  let looks = 0
  bench.store_ = {
    describe: async (...args) => (++looks === 2 ? before : bench.store.describe(...args)),
    claimRetire: async (...args) => {
      await bench.store.claimRetire(...args)
      bench.edit(old, 'copied')
    },
  }
  await bench.retire().catch(() => undefined)
  expect(looks).toBeGreaterThan(2)
  expect(bench.accepts(old)).toBe(true)
})

it('Retire: what an earlier try has filed away after all is repeated to its end', async () => {
  const bench = await graceOver()
  const old = bench.staged('previous')!
  bench.store_ = {
    claimRetire: async (id, version, life, call) => {
      await bench.store.claimRetire(id, version, life, call)
      await bench.store.retirePrevious(id, version, call)
    },
  }
  expect(await bench.retire()).toMatchObject({ outcome: 'retired' })
  expect(bench.accepts(old)).toBe(false)
})

it('Retire: a claim of another run is waited for, and taken over after a run’s life', async () => {
  const bench = await graceOver()
  await bench.store.claimRetire(ID, (await bench.state()).previous!.version, RUN_LIFE, bench.call())
  expect(await bench.retire()).toMatchObject({ outcome: 'waiting', for: 'other-run' })
  bench.clock.advance(RUN_LIFE)
  expect(await bench.retire()).toMatchObject({ outcome: 'retired' })
})

it('Retire: waits for a pending rotation', async () => {
  const bench = await graceOver('single-user')
  bench.clock.advance(RUN_LIFE)
  await bench.begun()
  expect(await bench.retire({ type: 'manual' })).toMatchObject({ outcome: 'waiting', for: 'rotation' })
})

it('Retire, single-user: never touches the target, only looks whether current works', async () => {
  const bench = await graceOver('single-user')
  const touched: string[] = []
  const touch = (name: string) => async () => void touched.push(name)
  bench.target_ = { set: touch('set'), end: touch('end'), force: touch('force'), endSessions: touch('endSessions') }
  expect(await bench.retire()).toMatchObject({ outcome: 'retired' })
  expect(touched).toEqual([])
  expect((await bench.state()).previous).toBeUndefined()
})
