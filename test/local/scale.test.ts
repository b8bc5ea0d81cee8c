import { DatabaseSync, StatementSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { type Place, places, rotation, value } from './support.ts'

const place = places()
const counts = { run: 0, prepared: 0 }

beforeEach(() => {
  const spy = (owner: object, method: string, count: keyof typeof counts) => {
    const original = Reflect.get(owner, method) as (...args: unknown[]) => unknown
    vi.spyOn(owner as Record<string, () => unknown>, method).mockImplementation(function (this: unknown, ...args) {
      counts[count]++
      return original.apply(this, args)
    })
  }
  for (const method of ['get', 'all', 'run', 'iterate']) spy(StatementSync.prototype, method, 'run')
  spy(DatabaseSync.prototype, 'exec', 'run')
  spy(DatabaseSync.prototype, 'prepare', 'prepared')
})
afterEach(() => {
  vi.restoreAllMocks()
})

/** Statements that `action` ran, and how many it had to prepare. */
async function counted(action: () => Promise<unknown>): Promise<typeof counts> {
  Object.assign(counts, { run: 0, prepared: 0 })
  await action()
  return { ...counts }
}

async function thousand(here: Place) {
  const store = await here.open()
  for (let n = 0; n < 1_000; n++) await store.put(`s${String(n).padStart(4, '0')}`, value(`v${n}`), here.call())
  return store
}

it('with 1,000 secrets, describing one is one statement, and none is prepared twice', async () => {
  const here = place()
  const store = await thousand(here)
  await store.describe('s0500', here.call())
  expect(await counted(() => store.describe('s0123', here.call()))).toEqual({ run: 1, prepared: 0 })
  expect(await counted(() => store.get('s0123', here.call()))).toMatchObject({ run: 1 })
})

it('with 1,000 secrets, listing all is three statements, in order; a prefix of ten is one', async () => {
  const here = place()
  const store = await thousand(here)
  const ids: string[] = []
  const all = async () => {
    for await (const { id } of store.list({}, here.call())) ids.push(id)
  }
  expect(await counted(all)).toMatchObject({ run: 3 })
  expect(ids).toHaveLength(1_000)
  expect(ids.toSorted()).toEqual(ids)

  const few: string[] = []
  const some = async () => {
    for await (const { id } of store.list({ prefix: 's012' }, here.call())) few.push(id)
  }
  expect(await counted(some)).toMatchObject({ run: 1 })
  expect(few).toHaveLength(10)
})

it('listing while the store changes skips nothing that stays', async () => {
  const here = place()
  const store = await thousand(here)
  const ids = new Set<string>()
  for await (const { id } of store.list({}, here.call())) {
    ids.add(id)
    if (id === 's0100') await store.put('s0000a', value('x'), here.call())
    if (id === 's0200') await store.put('s0999a', value('x'), here.call())
  }
  for (let n = 0; n < 1_000; n++) expect(ids).toContain(`s${String(n).padStart(4, '0')}`)
  expect(ids).toContain('s0999a')
})

it('a whole rotation takes the same few statements, whatever the number of versions', async () => {
  const here = place()
  const store = await here.open()
  let { version: base } = await store.put('a', value('v'), here.call())
  const rotate = (n: number) => async () => {
    const move = { rotation: rotation(`r${n}`), base }
    await store.describe('a', here.call())
    await store.putPending('a', { ...move, value: value(`v${n}`) }, here.call())
    await store.read('a', { pending: move.rotation }, here.call())
    base = (await store.promote('a', move, here.call())).version
  }
  await rotate(0)()
  const early = await counted(rotate(1))
  for (let n = 2; n < 100; n++) await rotate(n)()
  expect(await counted(rotate(100))).toEqual(early)
  expect(early).toEqual({ run: 16, prepared: 0 })
})
