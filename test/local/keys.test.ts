import { chmodSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { inspect } from 'node:util'
import { expect, it } from 'vitest'
import { encodingsOf } from '../../core/testing/store-conformance/canary.ts'
import { createKeyFile, loadKey, rotateKeyFile } from '../../local/index.ts'
import { type Place, places, rotation, textOf, value } from './support.ts'

const place = places()
const refusal = (code: string, text: string | RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(text) })

it('a created key file is for its owner only, whatever the umask', () => {
  const here = place()
  const old = process.umask(0)
  try {
    const key = createKeyFile(join(here.folder, 'open'))
    expect(statSync(join(here.folder, 'open')).mode & 0o777).toBe(0o600)
    expect(loadKey({ file: join(here.folder, 'open') }).id).toBe(key.id)
  } finally {
    process.umask(old)
  }
})

it('an existing key file is never replaced, and no draft is left behind', () => {
  const here = place()
  const before = readFileSync(here.keyFile, 'utf8')
  expect(() => createKeyFile(here.keyFile)).toThrow(refusal('refused', 'never replaced'))
  expect(readFileSync(here.keyFile, 'utf8')).toBe(before)
  expect(readdirSync(here.folder)).toEqual(['key'])
})

it('a missing key file is `key-missing`', async () => {
  const here = place()
  const file = join(here.folder, 'no-such')
  await expect(here.open({ key: { file } })).rejects.toThrow(refusal('key-missing', 'does not exist'))
  expect(readdirSync(here.folder)).toEqual(['key'])
})

it.each([0o640, 0o604, 0o660, 0o666, 0o644])('a key file of mode %o is `key-exposed`', async mode => {
  const here = place()
  chmodSync(here.keyFile, mode)
  await expect(here.open()).rejects.toThrow(refusal('key-exposed', `mode 0${mode.toString(8)}`))
})

it.each([0o600, 0o400])('a key file of mode %o is accepted', async mode => {
  const here = place()
  chmodSync(here.keyFile, mode)
  await expect(here.open()).resolves.toBeDefined()
})

const notKeys = {
  empty: '',
  short: Buffer.alloc(31).toString('base64'),
  long: Buffer.alloc(33).toString('base64'),
  hex: Buffer.alloc(32, 7).toString('hex'),
  'two keys': `${Buffer.alloc(32).toString('base64')}\n${Buffer.alloc(32).toString('base64')}`,
  'a password': 'correct horse battery staple',
}

it.each(Object.entries(notKeys))('%s is not a key, and is not quoted', (_, text) => {
  const here = place()
  writeFileSync(here.keyFile, text)
  const error = thrownBy(() => loadKey({ file: here.keyFile }))
  expect(error).toEqual(refusal('key-missing', 'does not hold a key'))
  if (text) expect(inspect(error)).not.toContain(text)
})

it('a key comes from a variable too', async () => {
  const here = place()
  const env = { KEY: readFileSync(here.keyFile, 'utf8') }
  const store = await here.open({ key: { variable: 'KEY', env } })
  await store.put('a', value('kept'), here.call())
  store.close()
  expect(textOf(await (await here.open()).get('a', here.call()))).toBe('kept')
})

it('a variable that is not set is `key-missing`', async () => {
  const key = { variable: 'KEY', env: {} }
  await expect(place().open({ key })).rejects.toThrow(refusal('key-missing', 'KEY is not set'))
})

it('a key does not print', () => {
  const here = place()
  const key = loadKey({ file: here.keyFile })
  const printed = inspect(key, { depth: 9, showHidden: true }) + JSON.stringify(key)
  for (const form of encodingsOf(readFileSync(here.keyFile, 'utf8').trim())) expect(printed).not.toContain(form)
})

it('another key is `store-corrupt`, names both, and leaves the file as it is', async () => {
  const here = await filled()
  const right = loadKey({ file: here.keyFile }).id
  const wrong = createKeyFile(join(here.folder, 'wrong'))
  const before = readFileSync(here.file)
  const opened = here.open({ key: { file: join(here.folder, 'wrong') } })
  await expect(opened).rejects.toThrow(refusal('store-corrupt', `${right}.*${wrong.id}`))
  expect(readFileSync(here.file)).toEqual(before)
})

it('a key that claims the right id but is another does not open the file', async () => {
  const here = await filled()
  const wrong = createKeyFile(join(here.folder, 'wrong'))
  change(here, `UPDATE file SET key_id = '${wrong.id}'`)
  const opened = here.open({ key: { file: join(here.folder, 'wrong') } })
  await expect(opened).rejects.toThrow(refusal('store-corrupt', 'does not decrypt'))
})

const swaps = {
  'between two secrets': `secret = 'a' AND stage = 'current'`,
  'between two versions of one secret': `secret = 'b' AND stage = 'pending'`,
}

it.each(Object.entries(swaps))('values swapped %s do not open', async (_, where) => {
  const here = await filled()
  change(
    here,
    `UPDATE versions SET sealed = (SELECT sealed FROM versions WHERE ${where}) WHERE secret = 'b' AND stage = 'current'`,
  )
  const read = (await here.open()).get('b', here.call())
  await expect(read).rejects.toThrow(refusal('store-corrupt', 'does not decrypt'))
})

it.each(['secret', 'version'])('a row that was given another %s does not open', async column => {
  const here = await filled()
  change(here, `UPDATE versions SET ${column} = 'stolen' WHERE secret = 'a' AND stage = 'current'`)
  const store = await here.open()
  const read = column === 'secret' ? store.get('stolen', here.call()) : store.read('a', 'stolen' as never, here.call())
  await expect(read).rejects.toThrow(refusal('store-corrupt', 'does not decrypt'))
})

it.each([0, 11, 12, 27, 28])('a value with byte %i changed does not open', async at => {
  const here = await filled()
  const sealed = `substr(sealed, 1, ${at}) || CAST(char((unicode(substr(hex(sealed), 1, 1)) + 1) % 128) AS BLOB) || substr(sealed, ${at + 2})`
  change(here, `UPDATE versions SET sealed = CAST(${sealed} AS BLOB) WHERE secret = 'a'`)
  const read = (await here.open()).get('a', here.call())
  await expect(read).rejects.toThrow(refusal('store-corrupt', 'does not decrypt'))
})

it('key rotation keeps every value, stage and date', async () => {
  const here = await filled()
  const store = await here.open()
  const before = await store.describe('b', here.call())
  const old = loadKey({ file: here.keyFile })
  expect(await rotateKeyFile(store, here.keyFile, here.call())).toBe(3)
  expect(loadKey({ file: here.keyFile }).id).not.toBe(old.id)
  expect(readdirSync(here.folder)).not.toContain('key.next')
  expect(await store.describe('b', here.call())).toEqual(before)
  store.close()
  const reopened = await here.open()
  expect(textOf(await reopened.get('a', here.call()))).toBe('value of a')
  expect(textOf(await reopened.read('b', { pending: rotation('r') }, here.call()))).toBe('pending of b')
})

it('key rotation leaves nothing in the files that the old key opens', async () => {
  const here = place()
  const store = await here.open()
  // Sizes and an order that make SQLite move rows between pages, where deleted copies of them may stay behind.
  for (let n = 0; n < 500; n++) {
    const length = 40 + ((n * 131) % 900) + (n % 50 === 0 ? 9_000 : 0)
    await store.put(`a${(n * 7_919) % 300}`, value('x'.repeat(length)), here.call())
  }
  const old = sealedRows(here)
  expect(await rotateKeyFile(store, here.keyFile, here.call())).toBe(old.length)
  const bytes = Buffer.concat(['', '-wal'].map(suffix => readFileSync(here.file + suffix)))
  expect(old.filter(sealed => bytes.includes(sealed.subarray(-24)))).toEqual([])
})

it('key rotation that was interrupted before its transaction goes on with the same key', async () => {
  const here = await filled()
  const next = createKeyFile(`${here.keyFile}.next`)
  const store = await here.open()
  expect(textOf(await store.get('a', here.call()))).toBe('value of a')
  await rotateKeyFile(store, here.keyFile, here.call())
  expect(loadKey({ file: here.keyFile }).id).toBe(next.id)
})

it('key rotation that was interrupted after its transaction: the store opens, and the repeat only moves the key', async () => {
  const here = await filled()
  const next = createKeyFile(`${here.keyFile}.next`)
  const first = await here.open()
  await first.rotateKey(next, here.call())
  first.close()
  const store = await here.open()
  expect(textOf(await store.get('a', here.call()))).toBe('value of a')
  expect(await rotateKeyFile(store, here.keyFile, here.call())).toBe(0)
  expect(loadKey({ file: here.keyFile }).id).toBe(next.id)
})

it('a handle that was open during a key rotation writes with the new key', async () => {
  const here = await filled()
  const [open, other] = [await here.open(), await here.open()]
  await rotateKeyFile(other, here.keyFile, here.call())
  await open.put('a', value('newer'), here.call())
  const { id } = loadKey({ file: here.keyFile })
  const db = new DatabaseSync(here.file)
  expect(db.prepare('SELECT DISTINCT key_id FROM versions').all()).toEqual([{ key_id: id }])
  db.close()
})

it('a handle whose key source has no new key says so instead of writing', async () => {
  const here = await filled()
  const env = { KEY: readFileSync(here.keyFile, 'utf8') }
  const open = await here.open({ key: { variable: 'KEY', env } })
  await rotateKeyFile(await here.open(), here.keyFile, here.call())
  await expect(open.put('a', value('newer'), here.call())).rejects.toThrow(refusal('store-corrupt', 'key'))
  await expect(open.get('a', here.call())).rejects.toThrow(refusal('store-corrupt', 'key'))
})

it('a lost key file next to a rotated one is not papered over', async () => {
  const here = await filled()
  renameSync(here.keyFile, join(here.folder, 'elsewhere'))
  await expect(here.open()).rejects.toThrow(refusal('key-missing', 'does not exist'))
})

const CANARY = 'Zx"9 canary/ü+Qk'

it('no value stands in the bytes of the files, in any of five encodings', async () => {
  const here = place()
  const store = await here.open()
  const { version } = await store.put('a', value(CANARY), here.call())
  const draft = { rotation: rotation('r'), base: version, value: value(CANARY) }
  await store.putPending('a', draft, here.call())
  await store.promote('a', draft, here.call())
  const contents = () => readdirSync(here.folder).map(name => readFileSync(join(here.folder, name)))
  const open = contents()
  store.close()
  const closed = contents()
  expect(open.length).toBeGreaterThan(closed.length)
  for (const bytes of [...open, ...closed])
    for (const form of encodingsOf(CANARY)) expect(bytes.includes(form)).toBe(false)
})

it('equal values are not equal in the file', async () => {
  const here = place()
  const store = await here.open()
  for (const id of ['a', 'b']) await store.put(id, value('same'), here.call())
  const [one, two] = sealedRows(here)
  expect(one!.subarray(28).equals(two!.subarray(28))).toBe(false)
})

/** Two secrets; `b` with a pending version. Closed. */
async function filled(): Promise<Place> {
  const here = place()
  const store = await here.open()
  await store.put('a', value('value of a'), here.call())
  const { version: base } = await store.put('b', value('value of b'), here.call())
  await store.putPending('b', { rotation: rotation('r'), base, value: value('pending of b') }, here.call())
  store.close()
  return here
}

function change(here: Place, sql: string): void {
  const db = new DatabaseSync(here.file, { enableForeignKeyConstraints: false })
  if (db.prepare(sql).run().changes === 0) throw new Error('nothing was changed')
  db.close()
}

function sealedRows(here: Place): Buffer[] {
  const db = new DatabaseSync(here.file)
  const rows = db.prepare('SELECT sealed FROM versions ORDER BY seq').all()
  db.close()
  return rows.map(row => Buffer.from(row.sealed as Uint8Array))
}

function thrownBy(action: () => unknown): unknown {
  try {
    return action()
  } catch (error) {
    return error
  }
}
