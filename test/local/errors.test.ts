import { inspect } from 'node:util'
import { expect, it } from 'vitest'
import { RotationError } from '../../core/errors.ts'
import { commitError, isBusy, storeError } from '../../local/errors.ts'

const CANARY = 'canary-42'
const sqlite = (errcode: number) =>
  Object.assign(new Error(`near "${CANARY}"`), { code: 'ERR_SQLITE_ERROR', errcode, errstr: CANARY })
const system = (code: string) => Object.assign(new Error(`${code}: ${CANARY}`), { code, path: CANARY })

it.each([
  [3, 'access-denied'],
  [5, 'store-unavailable'],
  [6, 'store-unavailable'],
  [7, 'store-unavailable'],
  [8, 'store-unavailable'],
  [10, 'store-unavailable'],
  [11, 'store-corrupt'],
  [13, 'store-unavailable'],
  [14, 'store-unavailable'],
  [15, 'store-unavailable'],
  [19, 'internal'],
  [26, 'store-corrupt'],
  [1, 'internal'],
  [99, 'internal'],
])('SQLite’s %i is %s, extended codes too', (errcode, code) => {
  expect(storeError(sqlite(errcode), 'store.db').code).toBe(code)
  expect(storeError(sqlite(errcode + 7 * 256), 'store.db').code).toBe(code)
})

it.each([
  ['EACCES', 'access-denied'],
  ['EPERM', 'access-denied'],
  ['ENOENT', 'config-invalid'],
  ['ENOTDIR', 'config-invalid'],
  ['EISDIR', 'config-invalid'],
  ['ENOSPC', 'store-unavailable'],
  ['EROFS', 'store-unavailable'],
  ['EIO', 'store-unavailable'],
  ['EWHATEVER', 'internal'],
])('the system’s %s is %s', (foreign, code) => {
  expect(storeError(system(foreign), 'store.db')).toMatchObject({ code, at: 'store.db' })
})

it('of a foreign error nothing but its code is kept', () => {
  for (const error of [
    sqlite(1),
    sqlite(19),
    sqlite(10),
    system('EIO'),
    system('EWHATEVER'),
    new Error(CANARY),
    CANARY,
  ])
    for (const mapped of [storeError(error, 'store.db'), commitError(error, 'store.db')])
      expect(inspect(mapped, { depth: 9, showHidden: true }) + mapped.stack).not.toContain(CANARY)
})

it('our own errors stay what they are', () => {
  const error = new RotationError('stale', 'moved')
  expect(storeError(error, 'store.db')).toBe(error)
  expect(commitError(error, 'store.db')).toBe(error)
})

it('a commit that the disk failed may have taken effect: `unknown`; one that had no room has not', () => {
  expect(commitError(sqlite(10 + 4 * 256), 'store.db').code).toBe('unknown')
  expect(commitError(sqlite(13), 'store.db').code).toBe('store-unavailable')
})

it('only a lock is worth waiting for', () => {
  expect([5, 6, 5 + 256].map(code => isBusy(sqlite(code)))).toEqual([true, true, true])
  expect([13, 10, 11].map(code => isBusy(sqlite(code)))).toEqual([false, false, false])
  expect([undefined, null, 'busy', system('EBUSY')].map(isBusy)).toEqual([false, false, false, false])
})
