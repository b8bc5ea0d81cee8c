/**
 * The key that a store file is encrypted with: 32 random bytes, base64, in a file that only its owner can read, or in an
 * environment variable.
 * @module
 */
import { Buffer } from 'node:buffer'
import { createHmac, createSecretKey, type KeyObject, randomBytes } from 'node:crypto'
import {
  closeSync,
  fchmodSync,
  fstatSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { RotationError } from '../core/errors.ts'
import { storeError } from './errors.ts'

const KEY_BYTES = 32
const OWNER_ONLY = 0o600

/** A key file, or the name of an environment variable. */
export type KeySource =
  | { readonly file: string }
  | { readonly variable: string; readonly env?: Readonly<Record<string, string | undefined>> }

/** A key and its name. A `KeyObject` prints nothing of its bytes. */
export interface LocalKey {
  /** Tells keys apart, says nothing about them: stored with every value. */
  readonly id: string
  readonly key: KeyObject
}

/** Where the key of an unfinished key rotation waits (see `rotateKeyFile`). */
export const nextKeyFile = (file: string): string => `${file}.next`

/** Reads a key. Absent or not a key: `key-missing`. Readable by other users: `key-exposed`. Denied: `access-denied`. */
export function loadKey(source: KeySource): LocalKey {
  if ('file' in source) return parseKey(readKeyFile(source.file), source.file)
  const text = (source.env ?? process.env)[source.variable]
  if (!text)
    throw new RotationError('key-missing', `The variable ${source.variable} is not set.`, { at: source.variable })
  return parseKey(text, source.variable)
}

/** Creates a key file of mode 0600, whole or not at all. An existing file is never replaced: `refused`. */
export function createKeyFile(file: string): LocalKey {
  const text = `${randomBytes(KEY_BYTES).toString('base64')}\n`
  const draft = `${file}.${randomBytes(6).toString('hex')}.tmp`
  try {
    writeDurably(draft, text)
    // Unlike a rename, a link never replaces: two processes that create the same key cannot lose one of them.
    linkSync(draft, file)
    syncFolder(file)
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'EEXIST') throw storeError(error, file)
    throw new RotationError('refused', `The key file ${file} exists; it is never replaced.`, { at: file })
  } finally {
    rmSync(draft, { force: true })
  }
  return parseKey(text, file)
}

/** Makes renames and links in the folder of `file` survive a power cut. */
export function syncFolder(file: string): void {
  if (process.platform === 'win32') return
  const folder = openSync(dirname(file), 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}

function writeDurably(file: string, text: string): void {
  const handle = openSync(file, 'wx', OWNER_ONLY)
  try {
    fchmodSync(handle, OWNER_ONLY) // The umask may have taken the owner's own rights away.
    writeSync(handle, text)
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

function readKeyFile(file: string): string {
  let handle: number
  try {
    handle = openSync(file, 'r')
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ENOENT') throw storeError(error, file)
    throw new RotationError('key-missing', `The key file ${file} does not exist.`, { at: file, foreign: 'ENOENT' })
  }
  try {
    // The opened file is asked, not the path: the path may name another file a moment later.
    refuseExposed(file, fstatSync(handle).mode)
    return readFileSync(handle, 'utf8')
  } catch (error) {
    throw storeError(error, file)
  } finally {
    closeSync(handle)
  }
}

function refuseExposed(file: string, mode: number): void {
  if (process.platform === 'win32' || (mode & 0o077) === 0) return
  const shown = (mode & 0o777).toString(8).padStart(4, '0')
  throw new RotationError('key-exposed', `The key file ${file} has mode ${shown}; only its owner may read it.`, {
    at: file,
  })
}

function parseKey(text: string, at: string): LocalKey {
  const bytes = Buffer.from(text.trim(), 'base64')
  // Node's decoder skips what it does not know: only what encodes back to the same text is a key.
  if (bytes.length !== KEY_BYTES || bytes.toString('base64') !== text.trim())
    throw new RotationError('key-missing', `${at} does not hold a key: 32 bytes in base64 are expected.`, { at })
  const id = createHmac('sha256', bytes).update('lockstep local key id').digest('hex').slice(0, 16)
  return { id, key: createSecretKey(bytes) }
}
