/**
 * `promote`: moves the stages once, whoever asks and however often.
 * @module
 */
import assert from 'node:assert/strict'
import { race, refused, rule, value } from './fixture.ts'

export const promoteCases = [
  rule('promote: current is the pending value, previous is the base, nothing is pending', async b => {
    const base = await b.pending()
    const { version, already } = await b.promote('one', base)
    const state = await b.state()
    assert.equal(already, false)
    assert.deepEqual([state.current.version, state.current.rotation], [version, b.rotation('one')])
    assert.deepEqual([state.previous, state.pending], [{ version: base }, undefined])
    await b.assertCurrentIs('new')
  }),

  rule('promote: clears attempts and halted', async b => {
    const base = await b.pending()
    const call = b.call()
    await b.state(call)
    await b.store.note(b.id, { attempts: 3, halted: 'a reason' }, call)
    await b.promote('one', base)
    const { attempts, halted } = await b.state()
    assert.deepEqual([attempts, halted], [0, undefined])
  }),

  rule('promote: current and generation are never the same again, so no rotation id is ever made twice', async b => {
    const seen = new Set<string>()
    for (const name of ['one', 'two', 'three', 'four']) {
      const base = await b.pending(name, name)
      seen.add(await b.basis())
      if (name === 'two' || name === 'three') await b.discard(name)
      else await b.promote(name, base)
    }
    seen.add(await b.basis())
    assert.equal(seen.size, 5)
  }),

  rule('promote: keeps what asked for it, and only for the last one', async b => {
    const base = await b.pending()
    await b.store.promote(b.id, { rotation: b.rotation('one'), base, request: 'token-1' }, b.call())
    assert.equal((await b.state()).request, 'token-1')
    await b.rotated('two', 'newer')
    assert.equal((await b.state()).request, undefined)
  }),

  rule('promote: repeat is the same answer, `already`, and moves nothing', async b => {
    const base = await b.pending()
    const first = await b.promote('one', base)
    const before = await b.state()
    const again = await b.promote('one', base)
    assert.deepEqual([again.version, again.already], [first.version, true])
    assert.deepEqual(await b.state(), before)
  }),

  rule(
    'promote: another worker is answered `already`',
    async b => {
      const base = await b.pending()
      const first = await b.promote('one', base)
      const again = await b.promote('one', base, await b.second())
      assert.deepEqual([again.version, again.already], [first.version, true])
    },
    'second',
  ),

  rule(
    'promote: of many at once, exactly one moves the stages',
    async b => {
      const base = await b.pending()
      const stores = [b.store, await b.second()]
      const { answers } = await race(Array.from({ length: 8 }, (_, i) => b.promote('one', base, stores[i % 2])))
      assert.equal(answers.filter(({ already }) => !already).length, 1)
      assert.equal(new Set(answers.map(({ version }) => version)).size, 1)
      assert.deepEqual((await b.state()).previous, { version: base })
    },
    'second',
  ),

  rule('promote: what is not pending is `stale`', async b => {
    await b.pending()
    await refused(b.promote('two', await b.current()), 'stale')
    await b.assertCurrentIs('old')
  }),

  rule('promote: what was discarded is `stale`', async b => {
    const base = await b.pending()
    await b.discard('one')
    await refused(b.promote('one', base), 'stale')
    await b.assertCurrentIs('old')
  }),

  rule('promote: what was superseded is `stale`', async b => {
    const base = await b.pending()
    const two = { ...(await b.draft('two', 'newer', base)), supersedes: b.rotation('one') }
    await b.store.putPending(b.id, two, b.call())
    await refused(b.promote('one', base), 'stale')
    await b.assertCurrentIs('old')
  }),

  rule('promote: a late repeat, after a further rotation, is `stale` and moves nothing', async b => {
    const base = await b.pending()
    await b.promote('one', base)
    await b.rotated('two', 'newer')
    await refused(b.promote('one', base), 'stale')
    await b.assertCurrentIs('newer')
  }),

  rule('promote: a repeat after a person edited current is `stale`, and the edit stays', async b => {
    const base = await b.pending()
    await b.promote('one', base)
    await b.fixture.edit(b.id, value('edited'))
    await refused(b.promote('one', base), 'stale', 'conflict')
    await b.assertCurrentIs('edited')
  }),

  rule('promote: current edited meanwhile is `conflict`, nothing is published, pending stays', async b => {
    const base = await b.pending()
    await b.fixture.edit(b.id, value('edited'))
    await refused(b.promote('one', base), 'conflict')
    await b.assertCurrentIs('edited')
    await b.assertPendingIs('one', 'new')
    assert.equal((await b.state()).promotedAt, undefined)
  }),

  rule('promote: a base that is not current is `conflict`, nothing is published', async b => {
    await b.rotated()
    await b.pending('two', 'newer')
    await refused(b.promote('two', await b.previous()), 'conflict')
    await b.assertCurrentIs('new')
    await b.assertPendingIs('two', 'newer')
  }),

  rule('promote: `promotedAt` is never too early', async b => {
    const base = await b.pending()
    const before = b.fixture.now()
    await b.promote('one', base)
    assert.ok((await b.state()).promotedAt! >= before)
  }),

  rule(
    'promote: `promotedAt` does not fall when the clock is set back',
    async b => {
      await b.rotated()
      const { promotedAt } = await b.state()
      await b.fixture.setBack!(3_600_000)
      await b.rotated('two', 'newer')
      assert.ok((await b.state()).promotedAt! >= promotedAt!)
    },
    'setBack',
  ),

  rule('promote: `since` of current is never too late', async b => {
    const base = await b.pending()
    await b.promote('one', base)
    const after = b.fixture.now()
    assert.ok((await b.state()).current.since <= after)
  }),

  rule(
    'promote: `since` of current is not too late when the clock is set back',
    async b => {
      await b.rotated()
      await b.fixture.setBack!(3_600_000)
      await b.rotated('two', 'newer')
      assert.ok((await b.state()).current.since <= b.fixture.now())
    },
    'setBack',
  ),

  rule('promote: of an absent secret is `secret-not-found`', async b => {
    await b.seeded()
    const move = { rotation: b.rotation('one'), base: await b.current() }
    await refused(b.store.promote(b.named('nobody'), move, b.call()), 'secret-not-found')
  }),
]
