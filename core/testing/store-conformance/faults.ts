/**
 * Values of every kind, interruptions, denial, and errors that say nothing they must not.
 * @module
 */
import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import type { Call } from '../../ports/secret-store.ts'
import { holdsCanary } from './canary.ts'
import { type Bench, refused, rule, value } from './fixture.ts'

const CANARY = 'Zx"9 canary/ü+Qk'

const texts: Readonly<Record<string, string>> = {
  empty: '',
  'quotes and escapes': `'"\`\\%$;--\${x}{{y}}\r\n\t`,
  'every plane of Unicode': '\u0000\u0001é\u0301ß漢字\u{1f511}\u{10ffff}\ufeff\u200d\u202e',
  JSON: '{"username":"app","password":"p\\"w"}',
  'spaces at both ends': '  \n value \n ',
}

/** Every method that writes, on a secret with `one` pending from `base`. */
const writes = (b: Bench, base: Awaited<ReturnType<Bench['current']>>) => ({
  putPending: (call: Call) => b.put('two', 'x', base, b.store, call),
  promote: (call: Call) => b.promote('one', base, b.store, call),
  discardPending: (call: Call) => b.store.discardPending(b.id, b.rotation('one'), call),
  claimRetire: (call: Call) => b.store.claimRetire(b.id, base, 1, call),
  retirePrevious: (call: Call) => b.store.retirePrevious(b.id, base, call),
  note: (call: Call) => b.store.note(b.id, { attempts: 9 }, call),
})

export const faultCases = [
  ...Object.entries(texts).map(([name, text]) =>
    rule(`values: ${name} comes back as it was put`, async b => {
      const base = await b.pending('one', text)
      await b.assertPendingIs('one', text)
      await b.promote('one', base)
      await b.assertCurrentIs(text)
    }),
  ),

  rule('values: the largest that the store takes comes back whole', async b => {
    const text = `${'ü'.repeat(b.store.capabilities.maxValueBytes / 2 - 1)}ab`
    const base = await b.pending('one', text)
    await b.promote('one', base)
    await b.assertCurrentIs(text)
  }),

  rule('values: one byte more is `value-unsuitable`, and nothing is pending', async b => {
    await b.seeded()
    const text = 'x'.repeat(b.store.capabilities.maxValueBytes + 1)
    await refused(b.put('one', text, await b.current()), 'value-unsuitable')
    assert.equal((await b.state()).pending, undefined)
  }),

  rule('abort: an aborted call is `aborted` and has no effect, now or later', async b => {
    const base = await b.pending()
    const before = await b.state()
    for (const write of Object.values(writes(b, base)))
      await refused(write(b.call({ signal: AbortSignal.abort() })), 'aborted')
    assert.deepEqual(await b.state(), before)
    await b.assertCurrentIs('old')
  }),

  rule('abort: reading is refused too', async b => {
    await b.seeded()
    await refused(b.store.describe(b.id, b.call({ signal: AbortSignal.abort() })), 'aborted')
  }),

  rule(
    'deadline: a call that comes too late is refused and has no effect',
    async b => {
      const base = await b.pending()
      const before = await b.state()
      for (const write of Object.values(writes(b, base)))
        await refused(write(b.call({ deadline: b.fixture.now() - 1 })), 'no-time', 'store-unavailable')
      assert.deepEqual(await b.state(), before)
    },
    'deadline',
  ),

  rule(
    'denial: is `access-denied`, never absence, and names what was refused',
    async b => {
      const base = await b.pending()
      const denied = b.fixture.denied ?? assert.fail('The fixture offers no `denied`; declare it in `without`.')
      const bench = Object.assign(Object.create(b), { store: denied }) as Bench
      const reads = [
        () => denied.describe(b.id, b.call()),
        () => denied.read(b.id, base, b.call()),
        () => denied.unlabelled(b.id, 1, b.call()),
      ]
      for (const read of reads) assert.notEqual((await refused(read(), 'access-denied')).message, '')
      for (const write of Object.values(writes(bench, base))) await refused(write(b.call()), 'access-denied')
    },
    'denied',
  ),

  rule('errors: hold no value, in any of five encodings', async b => {
    const base = await b.pending('one', CANARY)
    const tooLong = CANARY.repeat(b.store.capabilities.maxValueBytes / 8)
    const failures: Promise<unknown>[] = [
      b.put('two', CANARY, base),
      b.put('two', tooLong, base),
      b.promote('two', base),
      b.put('one', CANARY, base, b.store, b.call({ signal: AbortSignal.abort() })),
      b.fixture.edit(b.id, value(`${CANARY} by hand`)).then(() => b.promote('one', base)),
    ]
    for (const end of await Promise.allSettled(failures)) {
      assert.ok(end.status === 'rejected', 'a call that must fail was answered')
      assert.ok(!holdsCanary(shown(end.reason), CANARY), 'an error holds the value')
    }
  }),

  rule('values: what a store answers does not print', async b => {
    await b.pending('one', CANARY)
    const version = await b.store.read(b.id, { pending: b.rotation('one') }, b.call())
    assert.ok(!holdsCanary(shown(version), CANARY))
  }),
]

const shown = (thing: unknown): string =>
  [JSON.stringify(thing), String(thing), inspect(thing, { depth: 9, showHidden: true }), (thing as Error)?.stack].join()
