/**
 * `claimRetire` and `retirePrevious`: one run at a time, never beside a rotation, never what consumers read.
 * @module
 */
import assert from 'node:assert/strict'
import { assertValue, type Bench, race, refused, rule, value } from './fixture.ts'

const STALE_AFTER = 60_000

const claim = async (b: Bench, call = b.call(), store = b.store, version?: Awaited<ReturnType<Bench['previous']>>) =>
  store.claimRetire(b.id, version ?? (await b.previous()), STALE_AFTER, call)

export const retireCases = [
  rule('claimRetire: is described, never too early', async b => {
    await b.rotated()
    const before = b.fixture.now()
    await claim(b)
    assert.ok((await b.state()).retiring! >= before)
  }),

  rule('claimRetire: a claim excludes putPending', async b => {
    await b.rotated()
    await claim(b)
    await refused(b.put('two', 'newer', await b.current()), 'stale')
    assert.equal((await b.state()).pending, undefined)
  }),

  rule('claimRetire: a pending version is `stale`', async b => {
    await b.rotated()
    await b.pending('two', 'newer')
    await refused(claim(b), 'stale')
    assert.equal((await b.state()).retiring, undefined)
  }),

  rule('claimRetire: what is not previous is `stale`', async b => {
    const first = await b.pending()
    await b.promote('one', first)
    await b.rotated('two', 'newer')
    await refused(claim(b, b.call(), b.store, first), 'stale')
    await refused(claim(b, b.call(), b.store, await b.current()), 'stale')
    assert.equal((await b.state()).retiring, undefined)
  }),

  rule('claimRetire: another run’s claim is `stale`', async b => {
    await b.rotated()
    await claim(b)
    await refused(claim(b), 'stale')
  }),

  rule('claimRetire: repeat by the same run is allowed', async b => {
    await b.rotated()
    const call = b.call()
    await claim(b, call)
    await claim(b, call)
    assert.notEqual((await b.state()).retiring, undefined)
  }),

  rule(
    'claimRetire: another worker’s claim is `stale`',
    async b => {
      await b.rotated()
      await claim(b)
      await refused(claim(b, b.call(), await b.second()), 'stale')
    },
    'second',
  ),

  rule(
    'claimRetire: of many at once, exactly one run has it',
    async b => {
      await b.rotated()
      const previous = await b.previous()
      const stores = [b.store, await b.second()]
      const { answers, errors } = await race(
        Array.from({ length: 8 }, (_, i) => claim(b, b.call(), stores[i % 2], previous)),
      )
      assert.equal(answers.length, 1)
      for (const { code } of errors) assert.ok(code === 'stale' || code === 'busy', code)
    },
    'second',
  ),

  rule(
    'claimRetire: a claim and a rotation at once: exactly one is let on',
    async b => {
      await b.rotated()
      const [previous, base] = [await b.previous(), await b.current()]
      const second = await b.second()
      const { answers } = await race<unknown>([claim(b, b.call(), b.store, previous), b.put('two', 'x', base, second)])
      assert.equal(answers.length, 1)
      const { pending, retiring } = await b.state()
      assert.equal(pending === undefined, retiring !== undefined)
    },
    'second',
  ),

  rule(
    'claimRetire: is taken over after `staleAfter`, not before',
    async b => {
      await b.rotated()
      await claim(b)
      await b.fixture.advance!(STALE_AFTER - 1_000)
      await refused(claim(b), 'stale')
      await b.fixture.advance!(1_001)
      await claim(b)
    },
    'advance',
  ),

  rule(
    'claimRetire: a take-over is a fresh claim, the old holder’s is `stale`',
    async b => {
      await b.rotated()
      const sleeper = b.call()
      await claim(b, sleeper)
      await b.fixture.advance!(STALE_AFTER + 1)
      const before = b.fixture.now()
      await claim(b)
      assert.ok((await b.state()).retiring! >= before)
      await refused(claim(b, b.call({ run: sleeper.run })), 'stale')
    },
    'advance',
  ),

  rule('retirePrevious: nothing is previous or claimed, current is what it was', async b => {
    await b.rotated()
    const { current } = await b.state()
    await b.retired()
    const state = await b.state()
    assert.deepEqual([state.previous, state.retiring, state.current], [undefined, undefined, current])
    await b.assertCurrentIs('new')
  }),

  rule('retirePrevious: the version is kept', async b => {
    await b.rotated()
    const previous = await b.previous()
    await b.retired()
    const version = await b.store.read(b.id, previous, b.call())
    assert.ok(version, 'the version is gone')
    if (version.value !== 'disabled') assertValue(version, 'old')
  }),

  rule('retirePrevious: repeat, or not previous, is nothing', async b => {
    const first = await b.pending()
    await b.promote('one', first)
    await b.retired()
    await b.rotated('two', 'newer')
    const before = await b.state()
    await b.store.retirePrevious(b.id, first, b.call())
    assert.deepEqual(await b.state(), before)
  }),

  rule('retirePrevious: never current', async b => {
    await b.rotated()
    const before = await b.state()
    await b.store.retirePrevious(b.id, before.current.version, b.call())
    assert.deepEqual(await b.state(), before)
    await b.assertCurrentIs('new')
  }),

  rule('retirePrevious: a late one leaves the claim on a newer previous', async b => {
    const first = await b.pending()
    await b.promote('one', first)
    await b.retired()
    await b.rotated('two', 'newer')
    const call = b.call()
    await claim(b, call)
    await b.store.retirePrevious(b.id, first, b.call())
    assert.notEqual((await b.state()).retiring, undefined)
  }),

  rule('retirePrevious: afterwards a rotation may begin', async b => {
    await b.rotated()
    await b.retired()
    await b.rotated('two', 'newer')
    await b.assertCurrentIs('newer')
  }),

  rule('retirePrevious: what was ended stays ended after a person’s edit', async b => {
    await b.rotated()
    await b.retired()
    await b.fixture.edit(b.id, value('edited'))
    assert.equal((await b.state()).previous, undefined)
  }),

  rule('claimRetire: of an absent secret is `secret-not-found` or `stale`', async b => {
    await b.rotated()
    const previous = await b.previous()
    const claimed = b.store.claimRetire(b.named('nobody'), previous, STALE_AFTER, b.call())
    await refused(claimed, 'secret-not-found', 'stale')
  }),
]
