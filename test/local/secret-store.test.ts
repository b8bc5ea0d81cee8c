import { DatabaseSync } from 'node:sqlite'
import { inspect } from 'node:util'
import { expect, it, vi } from 'vitest'
import type { AuditEvent } from '../../core/audit/event.ts'
import type { Call, VersionId } from '../../core/ports/secret-store.ts'
import type { LocalStore } from '../../local/index.ts'
import { type Place, places, rotation, textOf, value } from './support.ts'

const place = places()

const draft = (name: string, base: VersionId) => ({ rotation: rotation(name), base, value: value(`value of ${name}`) })

async function rotate(store: LocalStore, here: Place, name: string, call?: Call): Promise<VersionId> {
  const base = (await store.describe('a', here.call()))!.current.version
  await store.putPending('a', draft(name, base), call ?? here.call())
  return (await store.promote('a', { rotation: rotation(name), base }, call ?? here.call())).version
}

it('version ids tell nothing: random, and in no order', async () => {
  const here = place()
  const store = await here.open()
  const ids: string[] = []
  for (let n = 0; n < 20; n++) ids.push((await store.put('a', value('x'), here.call())).version)
  for (const id of ids) expect(id).toMatch(/^v-[0-9a-f]{24}$/)
  expect(new Set(ids).size).toBe(20)
  expect(ids.toSorted()).not.toEqual(ids)
})

it('a promotion whose pending was derived from an older current is a conflict, whatever base the caller names', async () => {
  const here = place()
  const store = await here.open()
  const { version: base } = await store.put('a', value('old'), here.call())
  await store.putPending('a', draft('r', base), here.call())
  const { version: edited } = await store.put('a', value('edited'), here.call())
  const promoted = store.promote('a', { rotation: rotation('r'), base: edited }, here.call())
  await expect(promoted).rejects.toMatchObject({ code: 'conflict' })
  expect(textOf(await store.get('a', here.call()))).toBe('edited')
})

it('a run’s own write does not hide from `note` what another run did before it', async () => {
  const here = place()
  const store = await here.open()
  const { version: base } = await store.put('a', value('old'), here.call())
  const [mine, theirs] = [here.call(), here.call()]
  await store.describe('a', mine)
  await store.describe('a', theirs)
  await store.note('a', { attempts: 4 }, theirs)
  await store.putPending('a', draft('r', base), mine)
  await expect(store.note('a', { attempts: 1 }, mine)).rejects.toMatchObject({ code: 'stale' })
})

it('a commit that took long is stamped again: promotedAt is never before the moment consumers could read it', async () => {
  const here = place()
  const store = await here.open()
  const { version: base } = await store.put('a', value('old'), here.call())
  await store.putPending('a', draft('r', base), here.call())
  // The process sleeps for two hours between reading the clock and the commit.
  onCommit(() => {
    here.clock.time += 7_200_000
  })
  await store.promote('a', { rotation: rotation('r'), base }, here.call({ deadline: here.clock.time + 1_000 }))
  expect((await store.describe('a', here.call()))!.promotedAt).toBe(here.clock.time)
})

it('a commit that the disk failed is `unknown`: a recovery may yet find it; calling again is safe', async () => {
  const here = place()
  const store = await here.open()
  await store.put('a', value('old'), here.call())
  onCommit(() => {
    throw Object.assign(new Error('disk I/O error'), { code: 'ERR_SQLITE_ERROR', errcode: 10 + 4 * 256 })
  })
  await expect(store.put('a', value('new'), here.call())).rejects.toMatchObject({ code: 'unknown', retry: 'yes' })
  await store.put('a', value('new'), here.call())
  expect(textOf(await store.get('a', here.call()))).toBe('new')
})

it('stamps that must not be too early never fall when the clock is set back', async () => {
  const here = place()
  const store = await here.open()
  await store.put('a', value('old'), here.call())
  await rotate(store, here, 'r1')
  const before = (await store.describe('a', here.call()))!
  here.clock.time -= 3_600_000
  await store.claimRetire('a', before.previous!.version, 1, here.call())
  expect((await store.describe('a', here.call()))!.retiring).toBeGreaterThanOrEqual(before.promotedAt!)
  await store.retirePrevious('a', before.previous!.version, here.call())
  await store.putPending('a', draft('r2', before.current.version), here.call())
  expect((await store.describe('a', here.call()))!.pending!.since).toBeGreaterThanOrEqual(before.promotedAt!)
})

it('a clock with fractions of a millisecond is taken', async () => {
  const here = place()
  const store = await here.open()
  here.clock.time += 0.5
  await store.put('a', value('old'), here.call())
  await rotate(store, here, 'r1')
  const { current, promotedAt } = (await store.describe('a', here.call()))!
  expect([current.since, promotedAt]).toEqual([Math.floor(here.clock.time), Math.ceil(here.clock.time)])
})

it('what a restarted process finds: its old claim is another run’s', async () => {
  const here = place()
  const store = await here.open()
  const { version: previous } = await store.put('a', value('old'), here.call())
  await rotate(store, here, 'r1')
  const call = here.call()
  await store.claimRetire('a', previous, 60_000, call)
  store.close()
  const again = await here.open()
  await again.claimRetire('a', previous, 60_000, call)
  await expect(again.claimRetire('a', previous, 60_000, here.call())).rejects.toMatchObject({ code: 'stale' })
})

it('put answers the version, and get reads it', async () => {
  const here = place()
  const store = await here.open()
  const put = await store.put('a', value('kept'), here.call())
  expect(await store.get('a', here.call())).toEqual(put)
  expect(put.createdAt).toBe(here.clock.now())
  expect(await store.get('nobody', here.call())).toBeUndefined()
})

it.each(['', 'x'.repeat(513), 'a\nb', 'a\u0000b', 'a\u009bb', '\ud800'])('put refuses the name %j', async id => {
  const here = place()
  const store = await here.open()
  await expect(store.put(id, value('x'), here.call())).rejects.toMatchObject({ code: 'refused' })
})

it.each(['db/app', 'ünïcödé 漢字', "it's; DROP TABLE secrets", '%', '__proto__'])('put takes the name %j', async id => {
  const here = place()
  const store = await here.open()
  await store.put(id, value('x'), here.call())
  expect(await store.describe(id, here.call())).toBeDefined()
})

it('a lone surrogate is refused, because it would come back as another character', async () => {
  const here = place()
  const store = await here.open()
  const put = store.put('a', value('x\ud800'), here.call())
  await expect(put).rejects.toMatchObject({ code: 'value-unsuitable' })
  expect(await store.describe('a', here.call())).toBeUndefined()
})

it('put is on record, in the same transaction, with the versions that only the store knows', async () => {
  const here = place()
  const store = await here.open()
  const first = await store.put('a', value('one'), here.call())
  const second = await store.put('a', value('two'), here.call({ record: event('mine', here) }))
  await expect(store.put('a', value('x'.repeat(70_000)), here.call())).rejects.toThrow()
  const events = await store.audit.events()
  expect(events.map(e => [e.actor.user_id === 'tester', e.secret_version])).toEqual([
    [false, { new: first.version }],
    [true, { old: first.version, new: second.version }],
  ])
  expect(events[0]).toMatchObject({ event_type: 'secret_created', secret_id: 'a', result: 'success' })
})

it('the audit trail is read by secret, type, time and number, oldest first', async () => {
  const here = place()
  const { audit } = await here.open()
  for (const [n, reason] of ['one', 'two', 'three', 'four'].entries()) {
    here.clock.time += 60_000
    const secret = n % 2 ? 'b' : 'a'
    await audit.write({ ...event(reason, here), secret_id: secret, ...(n === 2 && { event_type: 'rollback' }) })
  }
  const reasons = async (filter: Parameters<typeof audit.events>[0]) =>
    (await audit.events(filter)).map(({ metadata }) => metadata.reason)
  expect(await reasons({})).toEqual(['one', 'two', 'three', 'four'])
  expect(await reasons({ secret: 'a' })).toEqual(['one', 'three'])
  expect(await reasons({ secret: 'nobody' })).toEqual([])
  expect(await reasons({ limit: 2 })).toEqual(['three', 'four'])
  expect(await reasons({ secret: 'b', limit: 1 })).toEqual(['four'])
  expect(await reasons({ types: ['rollback'] })).toEqual(['three'])
  expect(await reasons({ since: new Date(here.clock.time - 60_000).toISOString() })).toEqual(['three', 'four'])
})

it('the same event written twice is two lines', async () => {
  const here = place()
  const { audit } = await here.open()
  for (let i = 0; i < 2; i++) await audit.write(event('same', here))
  expect(await audit.events()).toHaveLength(2)
})

it('a value that strays into an event is not written', async () => {
  const here = place()
  const store = await here.open()
  const stray = { ...event('x', here), metadata: { rotation_type: 'manual', stray: value('canary') as never } }
  await store.audit.write(stray as AuditEvent)
  expect(inspect(await store.audit.events(), { depth: 9 })).not.toContain('canary')
})

/** Something that happens at the next commit, once. */
function onCommit(happening: () => void): void {
  const { exec } = DatabaseSync.prototype
  const spy = vi.spyOn(DatabaseSync.prototype, 'exec').mockImplementation(function (this: DatabaseSync, sql) {
    if (sql !== 'COMMIT') return exec.call(this, sql)
    spy.mockRestore()
    happening()
    exec.call(this, sql)
  })
}

function event(reason: string, here: Place): AuditEvent {
  return {
    schema: 1,
    timestamp: new Date(here.clock.now()).toISOString(),
    event_type: 'rotation_step',
    secret_id: 'a',
    secret_version: {},
    actor: { user_id: 'tester', user_agent: 'test' },
    result: 'success',
    duration_ms: 0,
    metadata: { rotation_type: 'manual', reason },
  }
}
