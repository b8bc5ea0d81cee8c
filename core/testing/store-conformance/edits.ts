/**
 * What a person's edit of current does to rotations, and what it must not do.
 * @module
 */
import assert from 'node:assert/strict'
import { rule, value } from './fixture.ts'

export const editCases = [
  rule('edit: consumers read it at once', async b => {
    await b.rotated()
    await b.fixture.edit(b.id, value('edited'))
    await b.assertCurrentIs('edited')
    assert.equal((await b.state()).current.rotation, undefined)
  }),

  rule('edit: leaves previous, pending and promotedAt as they were', async b => {
    await b.rotated()
    await b.pending('two', 'newer')
    const { previous, pending, promotedAt } = await b.state()
    await b.fixture.edit(b.id, value('edited'))
    const after = await b.state()
    assert.deepEqual([after.previous, after.pending, after.promotedAt], [previous, pending, promotedAt])
  }),

  rule('edit: is an anomaly once a rotation had left another current', async b => {
    await b.rotated()
    assert.equal((await b.state()).anomaly, undefined)
    await b.fixture.edit(b.id, value('edited'))
    assert.equal((await b.state()).anomaly, 'edited')
  }),

  rule('edit: before the first rotation is no anomaly', async b => {
    await b.seeded()
    await b.fixture.edit(b.id, value('edited'))
    assert.equal((await b.state()).anomaly, undefined)
  }),

  rule('edit: a rotation from it ends the anomaly', async b => {
    await b.rotated()
    await b.fixture.edit(b.id, value('edited'))
    await b.rotated('two', 'newer')
    const { anomaly, current } = await b.state()
    assert.deepEqual([anomaly, current.rotation], [undefined, b.rotation('two')])
  }),

  rule('edit: during a rotation can be rebased: superseded from the edited value, then promoted', async b => {
    await b.pending()
    await b.fixture.edit(b.id, value('edited'))
    const base = await b.current()
    const rebased = { ...(await b.draft('two', 'rebased', base)), supersedes: b.rotation('one') }
    await b.store.putPending(b.id, rebased, b.call())
    await b.promote('two', base)
    await b.assertCurrentIs('rebased')
    assert.deepEqual((await b.state()).previous, { version: base })
  }),

  rule('edit: of one secret does not touch another', async b => {
    await b.rotated()
    const before = await b.state()
    await b.fixture.seed(b.named('app2'), value('other'))
    await b.fixture.edit(b.named('app2'), value('edited'))
    assert.deepEqual(await b.state(), before)
  }),
]
