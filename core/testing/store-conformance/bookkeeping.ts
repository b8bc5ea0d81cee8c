/**
 * `note`, and the audit record that is written with a change.
 * @module
 */
import assert from 'node:assert/strict'
import type { AuditEvent } from '../../audit/event.ts'
import type { StateNote } from '../../ports/secret-store.ts'
import { type Bench, refused, rule, value } from './fixture.ts'

/** Describes and notes in one run. */
async function noted(b: Bench, change: StateNote): Promise<void> {
  const call = b.call()
  await b.state(call)
  await b.store.note(b.id, change, call)
}

export const bookkeepingCases = [
  rule('note: attempts, halted and epoch are described', async b => {
    await b.seeded()
    await noted(b, { attempts: 2, halted: 'a reason', epoch: 4 })
    const { attempts, halted, epoch } = await b.state()
    assert.deepEqual([attempts, halted, epoch], [2, 'a reason', 4])
  }),

  rule('note: what it does not name stays', async b => {
    await b.seeded()
    await noted(b, { attempts: 2, halted: 'a reason', epoch: 4 })
    await noted(b, { attempts: 3 })
    const { attempts, halted, epoch } = await b.state()
    assert.deepEqual([attempts, halted, epoch], [3, 'a reason', 4])
  }),

  rule('note: null ends halted', async b => {
    await b.seeded()
    await noted(b, { halted: 'a reason' })
    await noted(b, { halted: null })
    assert.equal((await b.state()).halted, undefined)
  }),

  rule('note: an epoch never falls', async b => {
    await b.seeded()
    await noted(b, { epoch: 5 })
    await noted(b, { epoch: 3 }).catch(() => undefined)
    assert.equal((await b.state()).epoch, 5)
  }),

  rule('note: what a run has not described is `stale`', async b => {
    await b.seeded()
    await refused(b.store.note(b.id, { attempts: 1 }, b.call()), 'stale')
    assert.equal((await b.state()).attempts, 0)
  }),

  rule('note: moved since the run’s describe is `stale`, and nothing is noted', async b => {
    await b.seeded()
    const call = b.call()
    await b.state(call)
    await b.pending()
    await refused(b.store.note(b.id, { attempts: 1 }, call), 'stale')
    assert.equal((await b.state()).attempts, 0)
  }),

  rule('note: another run’s note moves it too', async b => {
    await b.seeded()
    const call = b.call()
    await b.state(call)
    await noted(b, { attempts: 5 })
    await refused(b.store.note(b.id, { attempts: 1 }, call), 'stale')
    assert.equal((await b.state()).attempts, 5)
  }),

  rule('note: the run’s own writes do not make it stale', async b => {
    await b.seeded()
    const call = b.call()
    const { current } = await b.state(call)
    await b.put('one', 'new', current.version, b.store, call)
    await b.store.note(b.id, { attempts: 1 }, call)
    await b.store.note(b.id, { attempts: 2 }, call)
    assert.equal((await b.state()).attempts, 2)
  }),

  rule('note: `setAt` is kept with the pending version and goes with it', async b => {
    const base = await b.pending()
    const at = b.fixture.now()
    await noted(b, { setAt: at })
    const { pending } = await b.state()
    assert.ok(pending?.setAt !== undefined && pending.setAt >= at)
    await b.promote('one', base)
    await b.pending('two', 'newer')
    assert.equal((await b.state()).pending?.setAt, undefined)
  }),

  rule('note: `setAt` without pending is nothing', async b => {
    await b.seeded()
    const before = await b.state()
    await noted(b, { setAt: b.fixture.now() })
    assert.deepEqual(await b.state(), before)
  }),

  rule('note: the keys alive before issuing are kept until null', async b => {
    await b.seeded()
    const issuing = { rotation: b.rotation('one'), since: b.fixture.now(), keys: ['key-1', 'key "2"'] }
    await noted(b, { issuing })
    await noted(b, { attempts: 1 })
    assert.deepEqual((await b.state()).issuing, issuing)
    await noted(b, { issuing: null })
    assert.equal((await b.state()).issuing, undefined)
  }),

  rule('note: of an absent secret is `secret-not-found` or `stale`', async b => {
    await refused(b.store.note(b.named('nobody'), { attempts: 1 }, b.call()), 'secret-not-found', 'stale')
  }),

  rule(
    'record: is written with each change',
    async b => {
      await b.seeded()
      const base = await b.current()
      await b.put('one', 'new', base, b.store, b.call({ record: event(b, 'put') }))
      await b.promote('one', base, b.store, b.call({ record: event(b, 'promote') }))
      await b.store.claimRetire(b.id, base, 1, b.call({ record: event(b, 'claim') }))
      await b.store.retirePrevious(b.id, base, b.call({ record: event(b, 'retire') }))
      assert.deepEqual(await reasons(b), ['put', 'promote', 'claim', 'retire'])
    },
    'records',
  ),

  rule(
    'record: a change that was refused is not on record as done',
    async b => {
      const base = await b.pending()
      await b.fixture.edit(b.id, value('edited'))
      await refused(b.promote('one', base, b.store, b.call({ record: event(b, 'promote') })), 'conflict')
      await refused(b.put('two', 'x', base, b.store, b.call({ record: event(b, 'put') })), 'stale')
      assert.deepEqual(await reasons(b), [])
    },
    'records',
  ),

  rule(
    'record: a repeat that changes nothing is not on record a second time',
    async b => {
      const base = await b.pending()
      for (const _ of [1, 2]) await b.promote('one', base, b.store, b.call({ record: event(b, 'promote') }))
      assert.deepEqual(await reasons(b), ['promote'])
    },
    'records',
  ),
]

function event(b: Bench, reason: string): AuditEvent {
  return {
    schema: 1,
    timestamp: new Date(b.fixture.now()).toISOString(),
    event_type: 'rotation_step',
    secret_id: b.id,
    secret_version: {},
    actor: { user_id: 'conformance', user_agent: 'conformance' },
    result: 'success',
    duration_ms: 0,
    metadata: { rotation_type: 'manual', reason },
  }
}

/** Of the events that this suite sent. */
async function reasons(b: Bench): Promise<readonly (string | undefined)[]> {
  assert.ok(b.fixture.records, 'The fixture offers no records(); declare it in `without`.')
  const events = await b.fixture.records()
  return events.filter(({ actor }) => actor.user_id === 'conformance').map(({ metadata }) => metadata.reason)
}
