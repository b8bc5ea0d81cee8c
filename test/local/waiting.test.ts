import { DatabaseSync } from 'node:sqlite'
import { expect, it } from 'vitest'
import { createKeyFile } from '../../local/index.ts'
import { type Place, places, textOf, value } from './support.ts'

const place = places()

/** Another process's write lock. */
function lock(here: Place): { release(): void } {
  const db = new DatabaseSync(here.file)
  db.exec('BEGIN IMMEDIATE')
  return { release: () => db.close() }
}

it('a foreign lock is `store-unavailable` by the deadline, and nothing is done', async () => {
  const here = place()
  const store = await here.open()
  await store.put('a', value('kept'), here.call())
  const foreign = lock(here)
  const deadline = here.clock.now() + 500
  const put = store.put('a', value('newer'), here.call({ deadline }))
  await expect(put).rejects.toMatchObject({ code: 'store-unavailable', retry: 'yes', foreign: 'SQLITE_BUSY' })
  expect(here.clock.now()).toBeLessThanOrEqual(deadline)
  expect(here.clock.now()).toBeGreaterThan(deadline - 100)
  foreign.release()
  expect(textOf(await store.get('a', here.call()))).toBe('kept')
})

it('reading goes on under a foreign lock', async () => {
  const here = place()
  const store = await here.open()
  await store.put('a', value('kept'), here.call())
  const foreign = lock(here)
  expect(textOf(await store.get('a', here.call()))).toBe('kept')
  expect(await store.describe('a', here.call())).toBeDefined()
  foreign.release()
})

it('a lock that is released in time is waited for', async () => {
  const here = place()
  const store = await here.open()
  const foreign = lock(here)
  const { sleep } = here.clock
  let naps = 0
  here.clock.sleep = async (ms, signal) => {
    if (++naps === 3) foreign.release()
    return sleep.call(here.clock, ms, signal)
  }
  await store.put('a', value('written'), here.call())
  expect(naps).toBe(3)
  expect(textOf(await store.get('a', here.call()))).toBe('written')
})

it('an abort ends the wait, and nothing is done', async () => {
  const here = place()
  const store = await here.open()
  const foreign = lock(here)
  const abort = new AbortController()
  const put = store.put('a', value('never'), here.call({ signal: abort.signal, deadline: Number.POSITIVE_INFINITY }))
  abort.abort()
  await expect(put).rejects.toMatchObject({ code: 'aborted' })
  foreign.release()
  expect(await store.get('a', here.call())).toBeUndefined()
})

it('opening waits no longer than it is allowed to', async () => {
  const here = place()
  const store = await here.open()
  await store.put('a', value('kept'), here.call())
  store.close()
  const foreign = new DatabaseSync(here.file)
  foreign.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE; UPDATE secrets SET attempts = 1')
  const { signal } = new AbortController()
  const opened = here.open({ bounds: { signal, deadline: here.clock.now() + 200 } })
  await expect(opened).rejects.toMatchObject({ code: 'store-unavailable', foreign: 'SQLITE_BUSY' })
  foreign.close()
})

it('key rotation waits for readers of the old log, and says so if they stay', async () => {
  const here = place()
  const store = await here.open()
  await store.put('a', value('kept'), here.call())
  const reader = new DatabaseSync(here.file)
  reader.exec('BEGIN; SELECT count(*) FROM versions')
  const next = createKeyFile(`${here.keyFile}.next`)
  await expect(store.rotateKey(next, here.call())).rejects.toMatchObject({ code: 'store-unavailable' })
  reader.close()
  expect(await store.rotateKey(next, here.call())).toBe(0)
})
