/**
 * The local store: secrets of this machine in one encrypted file. Needs nothing but Node.
 * @module
 */
import { RotationError } from '../core/errors.ts'
import type { Clock } from '../core/ports/clock.ts'
import { type Bounds, Database } from './database.ts'
import type { KeySource } from './key.ts'
import { Keyring } from './keyring.ts'
import { LocalStore } from './secret-store.ts'
import { Vault } from './vault.ts'

export type { EventFilter, LocalAuditSink } from './audit-sink.ts'
export { createKeyFile, type KeySource, type LocalKey, loadKey } from './key.ts'
export { rotateKeyFile } from './rotate-key-file.ts'
export type { LocalStore } from './secret-store.ts'

export interface LocalStoreOptions {
  /** The store file. SQLite keeps two more beside it while it is open (`-wal`, `-shm`). */
  readonly file: string
  readonly key: KeySource
  readonly clock: Clock
  /** Whether an absent file is created (mode 0600, its folder too). Default: no. */
  readonly create?: boolean
  /** How long opening waits for other processes. Default: 10 seconds. */
  readonly bounds?: Bounds
}

const PATIENCE_MS = 10_000

/**
 * Opens a store file. Key absent: `key-missing`; readable by others: `key-exposed`. File absent: `config-invalid`. Denied:
 * `access-denied`. Another key's, damaged, newer or foreign: `store-corrupt`, and the file is left as it is.
 */
export async function openLocalStore(options: LocalStoreOptions): Promise<LocalStore> {
  const { file, key, clock, create = false } = options
  const keyring = new Keyring(key)
  const bounds = options.bounds ?? { signal: new AbortController().signal, deadline: clock.now() + PATIENCE_MS }
  const database = await openFile(file, clock, bounds, create)
  try {
    return new LocalStore(database, await Vault.over(database, keyring, bounds), clock)
  } catch (error) {
    database.close()
    throw error
  }
}

async function openFile(file: string, clock: Clock, bounds: Bounds, create: boolean): Promise<Database> {
  try {
    return await Database.open(file, clock, bounds, { create })
  } catch (error) {
    if (!(error instanceof RotationError) || error.foreign !== 'ENOENT') throw error
    const next = 'Correct `file:` of the local store, or create it with `lockstep secret put NAME`.'
    throw new RotationError('config-invalid', `The store file ${file} does not exist.`, { at: file, next })
  }
}
