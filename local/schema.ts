/**
 * The tables of a store file, and how an older file becomes a newer one.
 * @module
 */
import type { DatabaseSync } from 'node:sqlite'
import { RotationError } from '../core/errors.ts'

/** Marks the file as ours in SQLite's header ("LKST"). */
const APPLICATION_ID = 0x4c4b5354

/** Step n makes version n + 1 of the schema. Steps are added, never changed: files in the field were made by them. */
export const migrations: readonly string[] = [
  `
  -- The key that new values are encrypted with, and a text that only this key opens.
  CREATE TABLE file (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    key_id TEXT NOT NULL,
    proof BLOB NOT NULL
  ) STRICT;

  CREATE TABLE secrets (
    id TEXT PRIMARY KEY,
    revision INTEGER NOT NULL,      -- grows with every change: tells whether a run's describe is still true
    latest INTEGER NOT NULL,        -- the latest stamp given: stamps that must not be too early never fall behind it
    generation INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    halted TEXT,
    request TEXT,
    left_current TEXT,              -- what the last rotation left as current
    promoted_at INTEGER,
    retiring_since INTEGER,
    retiring_by TEXT,
    issuing TEXT,                   -- JSON
    CHECK ((retiring_since IS NULL) = (retiring_by IS NULL))
  ) STRICT;

  CREATE TABLE versions (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    secret TEXT NOT NULL REFERENCES secrets (id),
    version TEXT NOT NULL,
    rotation TEXT,
    base TEXT,
    stage TEXT CHECK (stage IN ('current', 'pending', 'previous')),
    staged_at INTEGER NOT NULL,
    set_at INTEGER,
    created_at INTEGER NOT NULL,
    key_id TEXT NOT NULL,
    sealed BLOB NOT NULL,
    UNIQUE (secret, version),
    CHECK (stage IS NOT 'pending' OR (rotation IS NOT NULL AND base IS NOT NULL))
  ) STRICT;
  CREATE UNIQUE INDEX one_version_per_stage ON versions (secret, stage) WHERE stage IS NOT NULL;
  CREATE UNIQUE INDEX one_version_per_rotation ON versions (secret, rotation) WHERE rotation IS NOT NULL;
  CREATE INDEX versions_without_stage ON versions (secret, seq) WHERE stage IS NULL;

  CREATE TABLE audit (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    secret TEXT NOT NULL,
    event TEXT NOT NULL              -- one line of JSON
  ) STRICT;
  CREATE INDEX audit_by_secret ON audit (secret, seq);
  `,
]

/** Whether the file is at the newest version of the schema. A newer file, or somebody else's: `store-corrupt`, untouched. */
export function isUpToDate(db: DatabaseSync, at: string, steps = migrations): boolean {
  const version = pragma(db, 'user_version')
  refuseForeign(db, at, version)
  if (version <= steps.length) return version === steps.length
  const message = `${at} has schema version ${version}; this Lockstep knows ${steps.length}.`
  throw new RotationError('store-corrupt', message, { at, next: 'Update Lockstep: a newer one wrote this file.' })
}

/** Brings the file to the newest version. Call it within a write transaction: half a migration must not be seen. */
export function migrate(db: DatabaseSync, at: string, steps = migrations): void {
  if (isUpToDate(db, at, steps)) return // Another process was faster.
  for (const step of steps.slice(pragma(db, 'user_version'))) db.exec(step)
  db.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${steps.length}`)
}

function refuseForeign(db: DatabaseSync, at: string, version: number): void {
  if (pragma(db, 'application_id') === APPLICATION_ID) return
  const tables = db.prepare('SELECT count(*) AS n FROM sqlite_schema').get()?.n
  if (version === 0 && tables === 0) return
  throw new RotationError('store-corrupt', `${at} is a database, but not a Lockstep store.`, {
    at,
    next: 'Correct `file:` of the local store; the file was left as it is.',
  })
}

const pragma = (db: DatabaseSync, name: string): number => Number(db.prepare(`PRAGMA ${name}`).get()?.[name])
