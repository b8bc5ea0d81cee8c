/**
 * `putPending` and `discardPending`: invisible, first writer wins, refused where it must be.
 * @module
 */
import assert from 'node:assert/strict'
import { assertValue, type Bench, race, refused, rule, value } from './fixture.ts'

export const pendingCases = [
  rule('putPending: what consumers read as current does not move', async b => {
    await b.seeded()
    const { current } = await b.state()
    await b.pending()
    assert.deepEqual((await b.state()).current, current)
    await b.assertCurrentIs('old')
  }),

  rule('putPending: is described with its rotation and base, as ours, not published', async b => {
    const base = await b.pending()
    const { since, ...pending } = (await b.state()).pending ?? assert.fail('nothing is pending')
    assert.deepEqual(pending, { rotation: b.rotation('one'), base, ours: true, published: false })
    assert.equal(typeof since, 'number')
  }),

  rule('putPending: answers the version and its value', async b => {
    await b.seeded()
    const version = await b.put('one', 'new', await b.current())
    assert.equal(version.rotation, b.rotation('one'))
    assertValue(version, 'new')
  }),

  rule('putPending: repeat is the same answer and no second version', async b => {
    await b.seeded()
    const base = await b.current()
    const first = await b.put('one', 'new', base)
    const again = await b.put('one', 'new', base)
    assert.equal(again.version, first.version)
    assert.deepEqual(await b.store.unlabelled(b.id, 9, b.call()), [])
  }),

  rule('putPending: the first value wins over the one of the repeat', async b => {
    const base = await b.pending()
    assertValue(await b.put('one', 'from memory', base), 'new')
    await b.assertPendingIs('one', 'new')
  }),

  rule(
    'putPending: another worker is answered the value of the first',
    async b => {
      const base = await b.pending()
      assertValue(await b.put('one', 'of the second', base, await b.second()), 'new')
    },
    'second',
  ),

  rule('putPending: the winner is answered even after current was edited', async b => {
    const base = await b.pending()
    await b.fixture.edit(b.id, value('edited'))
    assertValue(await b.put('one', 'late', base), 'new')
  }),

  rule(
    'putPending: of many at once with one rotation, all are answered one value',
    async b => {
      await b.seeded()
      const base = await b.current()
      const stores = [b.store, await b.second()]
      const puts = Array.from({ length: 8 }, (_, i) => b.put('one', `value ${i}`, base, stores[i % 2]))
      const { answers } = await race(puts)
      assert.ok(answers.length > 0, 'nobody was answered')
      const winner = await b.store.read(b.id, { pending: b.rotation('one') }, b.call())
      assert.ok(winner && winner.value !== 'disabled')
      for (const { value: held } of answers) assert.ok(held !== 'disabled' && held.equals(winner.value))
    },
    'second',
  ),

  rule(
    'putPending: of many rotations at once, exactly one is pinned',
    async b => {
      await b.seeded()
      const base = await b.current()
      const stores = [b.store, await b.second()]
      const { answers, errors } = await race(
        Array.from({ length: 8 }, (_, i) => b.put(`r${i}`, `value ${i}`, base, stores[i % 2])),
      )
      assert.equal(answers.length, 1)
      for (const { code } of errors) assert.ok(code === 'stale' || code === 'unknown' || code === 'busy', code)
      assert.equal((await b.state()).pending?.rotation, answers[0]?.rotation)
    },
    'second',
  ),

  rule('putPending: another rotation pending is `stale`, and that one stays', async b => {
    const base = await b.pending()
    await refused(b.put('two', 'other', base), 'stale')
    await b.assertPendingIs('one', 'new')
  }),

  rule('putPending: a base that is not current any more is `stale`, and nothing is pending', async b => {
    await b.seeded()
    const base = await b.current()
    await b.fixture.edit(b.id, value('edited'))
    await refused(b.put('one', 'new', base), 'stale')
    assert.equal((await b.state()).pending, undefined)
  }),

  rule('putPending: a base that is previous is `stale`', async b => {
    await b.rotated()
    await refused(b.put('two', 'newer', await b.previous()), 'stale')
  }),

  rule('putPending: a promoted rotation is `discarded`', async b => {
    const base = await b.pending()
    await b.promote('one', base)
    await refused(b.put('one', 'again', base), 'discarded')
    await refused(b.put('one', 'again', await b.current()), 'discarded')
  }),

  rule('putPending: a discarded rotation is `discarded`, also while another is pending', async b => {
    const base = await b.pending()
    await b.discard('one')
    await refused(b.put('one', 'again', base), 'discarded')
    await b.put('two', 'other', base)
    await refused(b.put('one', 'again', base), 'discarded', 'stale')
    await b.assertPendingIs('two', 'other')
  }),

  rule('putPending: `supersedes` replaces that pending, whose value stays readable as unlabelled', async b => {
    await supersededBy(b, 'one')
    await b.assertPendingIs('two', 'newer')
    assert.equal((await b.state()).pending?.rotation, b.rotation('two'))
    assertValue((await b.store.unlabelled(b.id, 1, b.call()))[0], 'new')
  }),

  rule('putPending: `supersedes` of another rotation than the pending one is `stale`', async b => {
    await b.pending()
    await refused(replace(b, 'another'), 'stale')
    await b.assertPendingIs('one', 'new')
  }),

  rule('putPending: `supersedes` of what is gone is `stale`', async b => {
    await b.pending()
    await b.discard('one')
    await refused(replace(b, 'one'), 'stale')
    assert.equal((await b.state()).pending, undefined)
  }),

  rule('putPending: what was superseded does not come back', async b => {
    const base = await supersededBy(b, 'one')
    await refused(b.put('one', 'again', base), 'discarded', 'stale')
    await b.assertPendingIs('two', 'newer')
  }),

  rule('putPending: to an absent secret is `secret-not-found`, and creates nothing', async b => {
    await b.seeded()
    const draft = await b.draft('one', 'new', await b.current())
    await refused(b.store.putPending(b.named('nobody'), draft, b.call()), 'secret-not-found')
    assert.equal(await b.store.describe(b.named('nobody'), b.call()), undefined)
  }),

  rule('putPending: pending is brought at `since`, never too early', async b => {
    await b.seeded()
    const before = b.fixture.now()
    await b.pending()
    assert.ok((await b.state()).pending!.since >= before)
  }),

  rule('discardPending: nothing is pending, current is what it was, generation grows', async b => {
    await b.pending()
    const before = await b.state()
    await b.discard('one')
    const after = await b.state()
    assert.equal(after.pending, undefined)
    assert.deepEqual(after.current, before.current)
    assert.ok(after.generation > before.generation)
  }),

  rule('discardPending: the value stays readable as unlabelled', async b => {
    await b.pending()
    await b.discard('one')
    assertValue((await b.store.unlabelled(b.id, 1, b.call()))[0], 'new')
  }),

  rule('discardPending: repeat, or not pending, is nothing', async b => {
    await b.pending()
    await b.discard('one')
    const before = await b.state()
    await b.discard('one')
    await b.discard('never')
    assert.deepEqual(await b.state(), before)
  }),

  rule('discardPending: what the run has not described is `stale`, and stays pending', async b => {
    await b.pending()
    await refused(b.store.discardPending(b.id, b.rotation('one'), b.call()), 'stale')
    await b.assertPendingIs('one', 'new')
  }),

  rule('discardPending: one that lands late, after another run went on, is `stale`', async b => {
    await b.pending()
    const [late, other] = [b.call(), b.call()]
    await b.state(late)
    await b.state(other)
    await b.store.note(b.id, { setAt: b.fixture.now() }, other)
    await refused(b.store.discardPending(b.id, b.rotation('one'), late), 'stale')
    await b.assertPendingIs('one', 'new')
  }),

  rule('discardPending: by the run that brought it', async b => {
    await b.seeded()
    const call = b.call()
    const { current } = await b.state(call)
    await b.put('one', 'new', current.version, b.store, call)
    await b.store.discardPending(b.id, b.rotation('one'), call)
    assert.equal((await b.state()).pending, undefined)
  }),

  rule('discardPending: of another rotation leaves the pending one', async b => {
    await b.pending()
    await b.discard('two')
    await b.assertPendingIs('one', 'new')
  }),

  rule('discardPending: of what was promoted is nothing', async b => {
    await b.rotated()
    const before = await b.state()
    await b.discard('one')
    assert.deepEqual(await b.state(), before)
    await b.assertCurrentIs('new')
  }),
]

async function replace(b: Bench, supersedes: string): Promise<void> {
  const draft = await b.draft('two', 'newer', await b.current())
  await b.store.putPending(b.id, { ...draft, supersedes: b.rotation(supersedes) }, b.call())
}

async function supersededBy(b: Bench, superseded: string) {
  const base = await b.pending(superseded)
  await replace(b, superseded)
  return base
}
