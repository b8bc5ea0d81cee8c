/**
 * The one mapping of everything that `node:sqlite` and the file system throw. Of the foreign error only its code survives:
 * SQLite's messages quote SQL, and the file system's quote whatever it was given.
 * @module
 */
import { type ErrorCode, RotationError } from '../core/errors.ts'

type Entry = readonly [name: string, code: ErrorCode, message: string]

/** By SQLite's primary result code (https://sqlite.org/rescode.html). */
const sqliteErrors: Readonly<Record<number, Entry>> = {
  3: ['SQLITE_PERM', 'access-denied', 'The store file may not be read and written'],
  5: ['SQLITE_BUSY', 'store-unavailable', 'Another process holds the store file'],
  6: ['SQLITE_LOCKED', 'store-unavailable', 'The store file is locked'],
  7: ['SQLITE_NOMEM', 'store-unavailable', 'There is no memory left for the store'],
  8: [
    'SQLITE_READONLY',
    'store-unavailable',
    'The store file cannot be written: it, its folder or its disk is read-only',
  ],
  10: ['SQLITE_IOERR', 'store-unavailable', 'The disk failed while the store file was used'],
  11: ['SQLITE_CORRUPT', 'store-corrupt', 'The store file is damaged'],
  13: ['SQLITE_FULL', 'store-unavailable', 'The disk of the store file is full'],
  14: [
    'SQLITE_CANTOPEN',
    'store-unavailable',
    'The store file cannot be opened: it or its folder cannot be read and written',
  ],
  15: ['SQLITE_PROTOCOL', 'store-unavailable', 'Too many processes use the store file'],
  19: ['SQLITE_CONSTRAINT', 'internal', 'A rule of the store file forbade the change'],
  26: ['SQLITE_NOTADB', 'store-corrupt', 'The file is not a store file'],
}

const fileErrors: Readonly<Record<string, Entry>> = {
  EACCES: ['EACCES', 'access-denied', 'Permission to read and write was refused'],
  EPERM: ['EPERM', 'access-denied', 'Permission to read and write was refused'],
  ENOENT: ['ENOENT', 'config-invalid', 'The file or its folder does not exist'],
  ENOTDIR: ['ENOTDIR', 'config-invalid', 'A part of the path is not a folder'],
  EISDIR: ['EISDIR', 'config-invalid', 'The path is a folder, not a file'],
  ENOSPC: ['ENOSPC', 'store-unavailable', 'The disk is full'],
  EDQUOT: ['EDQUOT', 'store-unavailable', 'The disk quota is used up'],
  EROFS: ['EROFS', 'store-unavailable', 'The disk is read-only'],
  EIO: ['EIO', 'store-unavailable', 'The disk failed'],
  ERR_INVALID_STATE: ['ERR_INVALID_STATE', 'store-unavailable', 'The store was closed'],
}

const BUSY = [5, 6]
const IOERR = 10

/** SQLite's primary result code, if this is one of its errors. */
function primaryCode(error: unknown): number | undefined {
  const { code, errcode } = Object(error) as { code?: unknown; errcode?: unknown }
  // The low byte is the primary code, the rest says more (SQLITE_IOERR_FSYNC is 10 + 4 * 256).
  return code === 'ERR_SQLITE_ERROR' && typeof errcode === 'number' ? errcode & 0xff : undefined
}

/** Another connection holds the lock: nothing was done, and waiting helps. */
export const isBusy = (error: unknown): boolean => BUSY.includes(primaryCode(error) ?? -1)

/** Any error of SQLite or the file system, as ours; `at` is the path. A RotationError stays what it is. */
export function storeError(error: unknown, at: string): RotationError {
  if (error instanceof RotationError) return error
  const sqlite = primaryCode(error)
  const entry = sqlite === undefined ? fileErrors[codeOf(error)] : sqliteErrors[sqlite]
  if (entry) return new RotationError(entry[1], `${entry[2]} (${at}).`, { at, foreign: entry[0] })
  const foreign = sqlite === undefined ? codeOf(error) : `SQLITE_${sqlite}`
  return new RotationError('internal', `The store file failed in an unexpected way (${at}).`, { at, foreign })
}

/**
 * An error of COMMIT itself. A failed write or sync may have left a whole commit record in the log, which a later recovery
 * would honour: that is `unknown`, not "nothing was done".
 */
export function commitError(error: unknown, at: string): RotationError {
  if (primaryCode(error) !== IOERR) return storeError(error, at)
  const message = `The disk failed while a change was being made durable (${at}).`
  return new RotationError('unknown', message, { at, foreign: 'SQLITE_IOERR' })
}

function codeOf(error: unknown): string {
  const { code } = Object(error) as { code?: unknown }
  return typeof code === 'string' && /^[A-Z0-9_]{1,40}$/.test(code) ? code : 'UNKNOWN'
}
