import { readFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { expect, it } from 'vitest'
import { Database } from '../../local/database.ts'
import { queries } from '../../local/rows.ts'
import { isUpToDate, migrate, migrations } from '../../local/schema.ts'
import { type Place, places, rotation, textOf, value } from './support.ts'

const place = places()
const LATER = 'CREATE TABLE later (x INTEGER); INSERT INTO later VALUES (7)'

const versionOf = (here: Place): unknown => asked(here, 'PRAGMA user_version')[0]!.user_version

function asked(here: Place, sql: string) {
  const db = new DatabaseSync(here.file)
  const rows = db.prepare(sql).all()
  db.close()
  return rows
}

const openWith = (here: Place, steps: readonly string[]) =>
  Database.open(here.file, here.clock, here.call(), { create: true, steps })

it('an older file is migrated, and what it holds is kept', async () => {
  const here = await filled()
  const database = await openWith(here, [...migrations, LATER])
  expect(database.sql('SELECT x FROM later').get()).toEqual({ x: 7 })
  database.close()
  expect(versionOf(here)).toBe(migrations.length + 1)
  expect(asked(here, 'SELECT id FROM secrets')).toEqual([{ id: 'a' }])
})

it('only the steps that are missing are taken, once', async () => {
  const here = await filled()
  for (let i = 0; i < 2; i++) (await openWith(here, [...migrations, LATER])).close()
  expect(asked(here, 'SELECT x FROM later')).toEqual([{ x: 7 }])
})

it('a migration that fails leaves the file as it was, usable', async () => {
  const here = await filled()
  const broken = openWith(here, [...migrations, LATER, 'CREATE TABLE later (x)'])
  await expect(broken).rejects.toMatchObject({ code: 'internal' })
  expect(versionOf(here)).toBe(migrations.length)
  expect(asked(here, "SELECT name FROM sqlite_schema WHERE name = 'later'")).toEqual([])
  expect(textOf(await (await here.open()).get('a', here.call()))).toBe('value of a')
})

it('a file that another process has migrated in the meantime is not migrated again', () => {
  const db = new DatabaseSync(':memory:')
  migrate(db, 'memory', [...migrations, LATER])
  migrate(db, 'memory', [...migrations, LATER])
  expect(isUpToDate(db, 'memory', [...migrations, LATER])).toBe(true)
})

it('a newer file is refused clearly and stays as it is', async () => {
  const here = await filled()
  ;(await openWith(here, [...migrations, LATER])).close()
  const before = readFileSync(here.file)
  const next = 'Update Lockstep: a newer one wrote this file.'
  await expect(here.open()).rejects.toMatchObject({ code: 'store-corrupt', next })
  expect(readFileSync(here.file)).toEqual(before)
})

it.each(['current', 'pending', 'previous'])('the schema itself refuses a second %s', async stage => {
  const here = await rotatedOften()
  const second = `UPDATE versions SET stage = '${stage}' WHERE seq = (SELECT min(seq) FROM versions WHERE stage IS NULL AND rotation IS NOT NULL)`
  expect(() => asked(here, second)).toThrow(/UNIQUE constraint failed/)
})

it.each([
  ['two versions of one rotation', "UPDATE versions SET rotation = 'r1'", /UNIQUE/],
  ['a stage that is none', "UPDATE versions SET stage = 'next'", /CHECK/],
  ['a claim without a holder', 'UPDATE secrets SET retiring_since = 1', /CHECK/],
  ['a pending version without a base', "UPDATE versions SET base = NULL WHERE stage = 'pending'", /CHECK/],
  ['text where a time belongs', "UPDATE secrets SET promoted_at = 'soon'", /cannot store TEXT/],
  ['a version of no secret', "UPDATE versions SET secret = 'nobody'", /FOREIGN KEY/],
])('the schema itself refuses %s', async (_, sql, message) => {
  const here = await rotatedOften()
  expect(() => asked(here, sql)).toThrow(message)
})

it.each(Object.entries(queries))('%s is answered by indexes alone', async (_, sql) => {
  const here = await filled()
  const plan = asked(here, `EXPLAIN QUERY PLAN ${sql}`).map(row => String(row.detail))
  for (const step of plan) expect(step).toMatch(/^SEARCH .* USING (COVERING )?INDEX/)
})

async function filled(): Promise<Place> {
  const here = place()
  const store = await here.open()
  await store.put('a', value('value of a'), here.call())
  store.close()
  return here
}

/** Unlabelled, previous, current and pending: one of each. */
async function rotatedOften(): Promise<Place> {
  const here = place()
  const store = await here.open()
  let { version: base } = await store.put('a', value('v0'), here.call())
  for (const name of ['r1', 'r2', 'r3', 'r4']) {
    await store.putPending('a', { rotation: rotation(name), base, value: value(name) }, here.call())
    if (name !== 'r4') base = (await store.promote('a', { rotation: rotation(name), base }, here.call())).version
  }
  store.close()
  return here
}
