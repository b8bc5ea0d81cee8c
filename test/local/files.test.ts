import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, it } from 'vitest'
import { Database } from '../../local/database.ts'
import { Keyring } from '../../local/keyring.ts'
import { LocalStore } from '../../local/secret-store.ts'
import { Vault } from '../../local/vault.ts'
import { WORKER } from './processes.ts'
import { type Place, places, rotation, textOf, value } from './support.ts'

const place = places()
const refusal = (code: string, text: string | RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(text) })

it('an absent file is `config-invalid`, and is not created', async () => {
  const here = place()
  await expect(here.open({ create: false })).rejects.toThrow(refusal('config-invalid', 'does not exist'))
  expect(readdirSync(here.folder)).toEqual(['key'])
})

it('a created file and those beside it are for their owner only, whatever the umask', async () => {
  const here = place()
  const old = process.umask(0)
  try {
    const store = await here.open()
    await store.put('a', value('x'), here.call())
    for (const name of readdirSync(here.folder))
      expect(statSync(join(here.folder, name)).mode & 0o777, name).toBe(0o600)
    expect(readdirSync(here.folder)).toContain('store.db-wal')
  } finally {
    process.umask(old)
  }
})

it('a created folder is for its owner only', async () => {
  const here = place()
  await here.open({ file: join(here.folder, 'new', 'store.db') })
  expect(statSync(join(here.folder, 'new')).mode & 0o777).toBe(0o700)
})

it('a folder in place of the file is `config-invalid`', async () => {
  const here = place()
  mkdirSync(here.file)
  await expect(here.open()).rejects.toThrow(refusal('config-invalid', 'not a file'))
})

it('a file that is no database is `store-corrupt`, and stays as it is', async () => {
  const here = place()
  writeFileSync(here.file, 'not a database, but somebody’s notes. '.repeat(100))
  const before = readFileSync(here.file)
  await expect(here.open()).rejects.toThrow(refusal('store-corrupt', 'not a store file'))
  expect(readFileSync(here.file)).toEqual(before)
})

it('another program’s database is `store-corrupt`, and stays as it is', async () => {
  const here = place()
  const db = new DatabaseSync(here.file)
  db.exec('CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1)')
  db.close()
  const before = readFileSync(here.file)
  await expect(here.open()).rejects.toThrow(refusal('store-corrupt', 'not a Lockstep store'))
  expect(readFileSync(here.file)).toEqual(before)
  expect(readdirSync(here.folder).toSorted()).toEqual(['key', 'store.db'])
})

it('a damaged page is `store-corrupt`, never an absent secret', async () => {
  const here = await filled()
  const handle = openSync(here.file, 'r+')
  for (let at = 4096; at < statSync(here.file).size; at += 4096) writeSync(handle, Buffer.alloc(64, 0xff), 0, 64, at)
  const opened = here.open().then(store => store.describe('a', here.call()))
  await expect(opened).rejects.toThrow(refusal('store-corrupt', 'damaged'))
})

it('a file cut short is `store-corrupt`', async () => {
  const here = await filled()
  truncateSync(here.file, 4096 * 3 + 100)
  const opened = here.open().then(store => store.describe('a', here.call()))
  await expect(opened).rejects.toThrow(refusal('store-corrupt', 'damaged'))
})

it('a secret without a current version is `store-corrupt`, not absence', async () => {
  const here = await filled()
  const db = new DatabaseSync(here.file)
  db.exec("UPDATE versions SET stage = NULL WHERE stage = 'current'")
  db.close()
  const store = await here.open()
  await expect(store.describe('a', here.call())).rejects.toThrow(refusal('store-corrupt', 'no current version'))
})

it('a full disk is `store-unavailable`; what was acknowledged is kept, and the store goes on when there is room', async () => {
  const here = place()
  const { store, database } = await raw(here)
  await store.put('a', value('kept'), here.call())
  const pages = Number(database.sql('PRAGMA page_count').get()!.page_count)
  database.sql(`PRAGMA max_page_count = ${pages + 2}`).get()
  const before = await store.describe('a', here.call())
  const tooMuch = store.put('a', value('x'.repeat(60_000)), here.call())
  await expect(tooMuch).rejects.toThrow(refusal('store-unavailable', 'disk of the store file is full'))
  expect(await store.describe('a', here.call())).toEqual(before)
  database.sql('PRAGMA max_page_count = 100000').get()
  await store.put('a', value('x'.repeat(60_000)), here.call())
  expect((await store.unlabelled('a', 9, here.call())).map(textOf)).toEqual(['kept'])
})

it('a disk that fails to write loses nothing acknowledged and answers a clear error', async () => {
  const here = place()
  // A limit on the file size: the write itself fails, as on a full or broken disk.
  const command = `ulimit -f 400; exec "$0" --no-warnings "$@"`
  const result = spawnSync('bash', ['-c', command, process.execPath, WORKER, here.folder, 'put', 'a'], {
    encoding: 'utf8',
  })
  const lines = result.stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
  const { failed } = lines.pop()
  expect(['store-unavailable', 'unknown']).toContain(failed.code)
  expect(lines.length).toBeGreaterThan(3)
  const store = await here.open()
  for (const [id, version, text] of lines)
    expect(textOf(await store.read(id, version, here.call()))?.split(' x')[0]).toBe(text)
})

/** What a user without special rights is told on opening. */
function openedByAnybody(here: Place): string {
  const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}
  const env = { ...process.env, LOCKSTEP_TEST_KEY: readFileSync(here.keyFile, 'utf8') }
  return spawnSync(process.execPath, ['--no-warnings', WORKER, here.folder, 'open'], {
    ...nobody,
    env,
    encoding: 'utf8',
  }).stdout
}

it('a file that may not be read is `access-denied`, never absent', async () => {
  const here = await filled()
  chmodSync(here.folder, 0o755)
  chmodSync(here.file, 0o000)
  expect(openedByAnybody(here)).toContain('access-denied')
})

it('a file that may only be read is `access-denied`', async () => {
  const here = await filled()
  chmodSync(here.folder, 0o777)
  chmodSync(here.file, 0o444)
  expect(openedByAnybody(here)).toContain('access-denied')
})

it('a folder that may not be written is `store-unavailable`', async () => {
  const here = await filled()
  chmodSync(here.file, 0o666)
  chmodSync(here.folder, 0o555)
  expect(openedByAnybody(here)).toContain('store-unavailable')
  chmodSync(here.folder, 0o755)
})

it('a file that became read-only under the store is `store-unavailable`, and reading goes on', async () => {
  const here = await filled()
  const { store, database } = await raw(here)
  database.sql('PRAGMA query_only = ON').get()
  await expect(store.put('a', value('x'), here.call())).rejects.toThrow(refusal('store-unavailable', 'read-only'))
  expect(textOf(await store.get('a', here.call()))).toBe('value of a')
})

it('a closed store is `store-unavailable`; closing again is nothing', async () => {
  const here = place()
  const store = await here.open()
  store.close()
  store.close()
  await expect(store.describe('a', here.call())).rejects.toThrow(refusal('store-unavailable', 'closed'))
  await expect(store.put('a', value('x'), here.call())).rejects.toThrow(refusal('store-unavailable', 'closed'))
})

it('every commit is synced to the disk before it is answered', async () => {
  const { database } = await raw(place())
  const pragma = (name: string) => Object.values(database.sql(`PRAGMA ${name}`).get()!)[0]
  // What a power cut would show and a killed process cannot.
  expect([pragma('journal_mode'), pragma('synchronous'), pragma('fullfsync')]).toEqual(['wal', 2, 1])
})

async function filled(): Promise<Place> {
  const here = place()
  const store = await here.open()
  const { version: base } = await store.put('a', value('value of a'), here.call())
  await store.putPending('a', { rotation: rotation('r'), base, value: value('x'.repeat(9_000)) }, here.call())
  store.close()
  return here
}

/** The store with its connection in reach. */
async function raw(here: Place): Promise<{ store: LocalStore; database: Database }> {
  const database = await Database.open(here.file, here.clock, here.call(), { create: true })
  const vault = await Vault.over(database, new Keyring({ file: here.keyFile }), here.call())
  return { database, store: new LocalStore(database, vault, here.clock) }
}
