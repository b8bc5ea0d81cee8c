/**
 * Key rotation where the key is a file: at every moment of it, the key file or the one beside it opens the store.
 * @module
 */
import { existsSync, renameSync } from 'node:fs'
import type { Call } from '../core/ports/secret-store.ts'
import { storeError } from './errors.ts'
import { createKeyFile, loadKey, nextKeyFile, syncFolder } from './key.ts'
import type { LocalStore } from './secret-store.ts'

/**
 * New key durably beside the old one, then every value in one transaction, then the new key in place of the old one. Answers
 * how many values were encrypted anew. Interrupted: the store opens as before; call again, and it goes on with the same key.
 */
export async function rotateKeyFile(store: LocalStore, file: string, call: Call): Promise<number> {
  const next = nextKeyFile(file)
  const key = existsSync(next) ? loadKey({ file: next }) : createKeyFile(next)
  const values = await store.rotateKey(key, call)
  try {
    renameSync(next, file)
    syncFolder(file)
  } catch (error) {
    throw storeError(error, file)
  }
  return values
}
