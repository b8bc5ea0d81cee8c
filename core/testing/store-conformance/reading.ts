/**
 * `describe`, `read`, `unlabelled`, `list`: what they answer, and what absence looks like.
 * @module
 */
import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import type { SecretSummary } from '../../ports/secret-store.ts'
import { holdsCanary } from './canary.ts'
import { assertValue, type Bench, refused, rule, value } from './fixture.ts'

const CANARY = 'Zx"9 canary/ü+Qk'

export const readingCases = [
  rule('describe: an absent secret is undefined', async b => {
    assert.equal(await b.store.describe(b.named('nobody'), b.call()), undefined)
  }),

  rule('describe: a new secret has current and nothing else', async b => {
    await b.seeded()
    const { current, attempts, generation, epoch, ...rest } = await b.state()
    assert.deepEqual([current.rotation, attempts, generation, epoch], [undefined, 0, 0, 0])
    assert.deepEqual(rest, {})
  }),

  rule('describe: holds no value', async b => {
    await b.fixture.seed(b.id, value(CANARY))
    await b.pending('one', CANARY)
    const state = await b.state()
    assert.ok(!holdsCanary(JSON.stringify(state) + inspect(state, { depth: 9, showHidden: true }), CANARY))
  }),

  rule('describe: changes nothing', async b => {
    await b.rotated()
    assert.deepEqual(await b.state(), await b.state())
  }),

  rule('read: a version by its id', async b => {
    await b.rotated()
    assertValue(await b.store.read(b.id, await b.current(), b.call()), 'new')
    assertValue(await b.store.read(b.id, await b.previous(), b.call()), 'old')
  }),

  rule('read: names the rotation that made the version', async b => {
    const version = await b.rotated()
    assert.equal((await b.store.read(b.id, version, b.call()))?.rotation, b.rotation('one'))
  }),

  rule('read: the pending version by its rotation, and by no other', async b => {
    await b.pending()
    await b.assertPendingIs('one', 'new')
    assert.equal(await b.store.read(b.id, { pending: b.rotation('two') }, b.call()), undefined)
  }),

  rule('read: what is promoted or discarded is pending no more', async b => {
    await b.rotated()
    assert.equal(await b.store.read(b.id, { pending: b.rotation('one') }, b.call()), undefined)
  }),

  rule('read: of an absent secret is undefined', async b => {
    await b.seeded()
    assert.equal(await b.store.read(b.named('nobody'), await b.current(), b.call()), undefined)
    assert.equal(await b.store.read(b.named('nobody'), { pending: b.rotation('one') }, b.call()), undefined)
  }),

  rule('unlabelled: leaves out current, previous and pending', async b => {
    await b.rotated()
    await b.pending('two', 'newer')
    assert.deepEqual(await b.store.unlabelled(b.id, 9, b.call()), [])
  }),

  rule('unlabelled: newest first', async b => {
    await threeEnded(b)
    const versions = await b.store.unlabelled(b.id, 9, b.call())
    assert.deepEqual(
      versions.map(({ rotation }) => rotation),
      [b.rotation('three'), b.rotation('two'), b.rotation('one')],
    )
    assertValue(versions[0], 'value three')
  }),

  rule('unlabelled: at most `limit`, the newest', async b => {
    await threeEnded(b)
    const versions = await b.store.unlabelled(b.id, 2, b.call())
    assert.deepEqual(
      versions.map(({ rotation }) => rotation),
      [b.rotation('three'), b.rotation('two')],
    )
  }),

  rule('unlabelled: knows nothing of other secrets', async b => {
    await threeEnded(b)
    await b.fixture.seed(b.named('app2'), value('other'))
    assert.deepEqual(await b.store.unlabelled(b.named('app2'), 9, b.call()), [])
  }),

  rule('unlabelled: of an absent secret is `secret-not-found`', async b => {
    await refused(b.store.unlabelled(b.named('nobody'), 9, b.call()), 'secret-not-found')
  }),

  rule('list: every secret once, by its name', async b => {
    for (const name of ['b', 'a', 'c']) await b.fixture.seed(b.named(name), value(name))
    await b.store.putPending(b.named('b'), await draftFor(b, 'b'), b.call())
    assert.deepEqual(
      await names(b),
      ['a', 'b', 'c'].map(name => b.named(name)),
    )
  }),

  rule('list: only names that begin with the prefix, taken literally', async b => {
    for (const name of ['db', 'db-a', 'db-b', 'dbx', 'c', 'e']) await b.fixture.seed(b.named(name), value(name))
    assert.deepEqual(await names(b, 'db-'), [b.named('db-a'), b.named('db-b')])
    assert.deepEqual(await listed(b, 'd_'), [])
  }),

  rule('list: says what is in flight, or that it does not know', async b => {
    await b.fixture.seed(b.named('idle'), value('idle'))
    await b.pending()
    const inFlight = new Map((await listed(b)).map(summary => [summary.id, summary.inFlight]))
    assert.notEqual(inFlight.get(b.named('idle')), true)
    assert.notEqual(inFlight.get(b.id), false)
  }),

  rule('list: a claimed retirement is in flight', async b => {
    await b.rotated()
    await b.store.claimRetire(b.id, await b.previous(), 1, b.call())
    assert.notEqual((await listed(b))[0]?.inFlight, false)
  }),

  rule('list: of nothing is empty', async b => {
    assert.deepEqual(await listed(b, 'nobody'), [])
  }),
]

/** Three values that were superseded or discarded one after the other. */
async function threeEnded(b: Bench): Promise<void> {
  const base = await b.pending('one', 'value one')
  const two = { ...(await b.draft('two', 'value two', base)), supersedes: b.rotation('one') }
  await b.store.putPending(b.id, two, b.call())
  await b.discard('two')
  await b.put('three', 'value three', base)
  await b.discard('three')
}

async function draftFor(b: Bench, name: string) {
  const state = await b.store.describe(b.named(name), b.call())
  assert.ok(state)
  return b.draft(name, 'pending', state.current.version, b.named(name))
}

const names = async (b: Bench, prefix = '') => (await listed(b, prefix)).map(({ id }) => id).toSorted()

async function listed(b: Bench, prefix = ''): Promise<readonly SecretSummary[]> {
  const summaries: SecretSummary[] = []
  for await (const summary of b.store.list({ prefix: b.named(prefix) }, b.call())) summaries.push(summary)
  return summaries
}
