/**
 * One connection to a store file: durable transactions that wait for other processes without blocking this one.
 * @module
 */
import { accessSync, closeSync, constants, mkdirSync, openSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { RotationError, sanitise } from '../core/errors.ts'
import type { Clock } from '../core/ports/clock.ts'
import type { Call } from '../core/ports/secret-store.ts'
import { commitError, isBusy, storeError } from './errors.ts'
import { isUpToDate, migrate, migrations } from './schema.ts'

/** What bounds the wait for another process. */
export type Bounds = Pick<Call, 'signal' | 'deadline'>

/** SQLite's own wait blocks the event loop, so it is short; longer waits are ours. */
const BLOCKING_WAIT_MS = 5
const LONGEST_WAIT_MS = 50

/**
 * WAL with FULL syncs the log before a commit is answered, so what was acknowledged survives a power cut; `fullfsync` is what
 * that takes on macOS. `secure_delete` overwrites deleted rows: a rotated key leaves no values of the old one in the file.
 */
const SETTINGS = `
  PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON;
  PRAGMA secure_delete = ON; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON`

export class Database {
  readonly file: string
  readonly #clock: Clock
  readonly #db: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()

  private constructor(file: string, clock: Clock, db: DatabaseSync) {
    this.file = file
    this.#clock = clock
    this.#db = db
  }

  /** Opens the file and brings its schema up to date. Absent: `config-invalid`, unless `create`. */
  static async open(
    file: string,
    clock: Clock,
    bounds: Bounds,
    options: { readonly create: boolean; readonly steps?: readonly string[] },
  ): Promise<Database> {
    let database: Database | undefined
    try {
      prepareFile(file, options.create)
      database = new Database(file, clock, new DatabaseSync(file, { timeout: BLOCKING_WAIT_MS }))
      await database.#settle(bounds, options.steps ?? migrations)
      return database
    } catch (error) {
      database?.close()
      throw storeError(error, file)
    }
  }

  /** The prepared statement for this text; prepared once. */
  sql(text: string): StatementSync {
    const known = this.#statements.get(text)
    if (known) return known
    const statement = this.#db.prepare(text)
    this.#statements.set(text, statement)
    return statement
  }

  /** One read. */
  read<T>(bounds: Bounds, work: () => T): Promise<T> {
    return this.#patiently(bounds, work)
  }

  /** All of `work` or nothing, durable when it resolves. `work` may run again, so it only decides and writes. */
  write<T>(bounds: Bounds, work: () => T): Promise<T> {
    return this.#patiently(bounds, () => this.#transaction(work))
  }

  /** Moves the log into the file and empties it. Other processes in the way: `store-unavailable`. */
  async emptyLog(bounds: Bounds): Promise<void> {
    await this.#patiently(bounds, () => {
      if (this.sql('PRAGMA wal_checkpoint(TRUNCATE)').get()?.busy !== 0) throw busy
    })
  }

  /** Repeat: nothing. */
  close(): void {
    if (this.#db.isOpen) this.#db.close()
  }

  async #settle(bounds: Bounds, steps: readonly string[]): Promise<void> {
    const setUp = () => {
      this.#db.exec(SETTINGS)
      // Looked at before the first write, so that a foreign or newer file is left exactly as it is.
      const ready = isUpToDate(this.#db, this.file, steps)
      this.#db.exec('PRAGMA journal_mode = WAL')
      if (!ready) this.#transaction(() => migrate(this.#db, this.file, steps))
    }
    await this.#patiently(bounds, setUp)
  }

  #transaction<T>(work: () => T): T {
    // IMMEDIATE: whoever may write holds the lock before it reads, so that what it decides on cannot move.
    this.#db.exec('BEGIN IMMEDIATE')
    try {
      const result = work()
      this.#commit()
      return result
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
      throw error
    }
  }

  #commit(): void {
    try {
      this.#db.exec('COMMIT')
    } catch (error) {
      throw isBusy(error) ? error : commitError(error, this.file)
    }
  }

  async #patiently<T>(bounds: Bounds, attempt: () => T): Promise<T> {
    for (let wait = 1; ; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
      this.#refuseLate(bounds)
      try {
        return attempt()
      } catch (error) {
        if (!isBusy(error) || this.#clock.now() + wait >= bounds.deadline) throw storeError(error, this.file)
      }
      await this.#clock.sleep(wait, bounds.signal).catch((error: unknown) => {
        throw sanitise(error)
      })
    }
  }

  #refuseLate({ signal, deadline }: Bounds): void {
    if (signal.aborted) throw new RotationError('aborted', 'The run was interrupted.')
    if (this.#clock.now() >= deadline) throw new RotationError('no-time', 'The deadline has passed.', { at: this.file })
  }
}

/** SQLite answers a checkpoint that was in somebody's way with a row, not an error. */
const busy = Object.assign(new Error('busy'), { code: 'ERR_SQLITE_ERROR', errcode: 5 })

/**
 * SQLite would create the file with the umask's mode, and would call a missing right "cannot open". The file is never opened
 * here: closing it would drop the locks that another connection of this process holds on it.
 */
function prepareFile(file: string, create: boolean): void {
  if (create) createFile(file)
  accessSync(file, constants.R_OK | constants.W_OK)
  if (!statSync(file).isFile()) throw new RotationError('config-invalid', `${file} is not a file.`, { at: file })
}

function createFile(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  try {
    closeSync(openSync(file, 'wx', 0o600))
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'EEXIST') throw error
  }
}
