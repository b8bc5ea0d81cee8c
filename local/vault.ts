/**
 * The values of a store file: sealed on the way in, opened on the way out, sealed anew when the key changes.
 * @module
 */
import type { SecretId, SecretVersion } from '../core/ports/secret-store.ts'
import { SecretValue } from '../core/secret/secret-value.ts'
import type { Bounds, Database } from './database.ts'
import { type Envelope, type Place, seal, unseal } from './encryption.ts'
import type { LocalKey } from './key.ts'
import type { Keyring } from './keyring.ts'
import { given, type VersionRow } from './rows.ts'

/** Sealed in every file: whoever opens it has the right key. No secret can have this name, ids are not empty. */
const PROOF: Place = { secret: '', version: 'proof' }
const BATCH = 100

export class Vault {
  readonly #database: Database
  readonly #keyring: Keyring

  private constructor(database: Database, keyring: Keyring) {
    this.#database = database
    this.#keyring = keyring
  }

  /** A new file gets the key of the ring; an existing one must be openable with it, else `store-corrupt`. */
  static async over(database: Database, keyring: Keyring, bounds: Bounds): Promise<Vault> {
    const vault = new Vault(database, keyring)
    const proved = await database.read(bounds, () => vault.#proof() !== undefined)
    if (!proved) await database.write(bounds, () => vault.#proof() ?? vault.#prove(keyring.main()))
    unseal(vault.#key(), vault.#proof()!, PROOF)
    return vault
  }

  /** Within a transaction: the key may have been rotated by another process a moment ago. */
  seal(value: SecretValue, place: Place): Envelope {
    return seal(this.#key(), value, place)
  }

  /** Damaged, moved, or sealed with a key that is not to be had: `store-corrupt`. */
  open(secret: SecretId, row: VersionRow): SecretVersion {
    const { version, rotation, createdAt } = row
    const value = unseal(this.#keyring.get(row.keyId, this.#database.file), row, { secret, version })
    return { version, ...given({ rotation }), createdAt, value }
  }

  /** One transaction: all values or none. Already sealed with this key: 0. `also` runs in the same transaction. */
  rotateKey(key: LocalKey, bounds: Bounds, also: () => void): Promise<number> {
    this.#keyring.add(key)
    return this.#database.write(bounds, () => {
      if (this.#proof()!.keyId === key.id) return 0
      this.#prove(key)
      also()
      return this.#resealAll(key)
    })
  }

  #resealAll(key: LocalKey): number {
    const batch = this.#database.sql(
      'SELECT seq, secret, version, key_id AS keyId, sealed FROM versions WHERE seq > ? ORDER BY seq LIMIT ?',
    )
    const update = this.#database.sql('UPDATE versions SET key_id = ?, sealed = ? WHERE seq = ?')
    let values = 0
    for (let seq = 0; ; ) {
      const rows = batch.all(seq, BATCH) as unknown as (VersionRow & { seq: number; secret: SecretId })[]
      for (const row of rows) {
        const value = unseal(this.#keyring.get(row.keyId, this.#database.file), row, row)
        update.run(key.id, seal(key, value, row).sealed, row.seq)
        seq = row.seq
      }
      values += rows.length
      if (rows.length < BATCH) return values
    }
  }

  #key(): LocalKey {
    return this.#keyring.get(this.#proof()!.keyId, this.#database.file)
  }

  #proof(): Envelope | undefined {
    return this.#database.sql('SELECT key_id AS keyId, proof AS sealed FROM file').get() as Envelope | undefined
  }

  #prove(key: LocalKey): void {
    const { keyId, sealed } = seal(key, SecretValue.of('lockstep'), PROOF)
    this.#database.sql('INSERT OR REPLACE INTO file (only, key_id, proof) VALUES (1, ?, ?)').run(keyId, sealed)
  }
}
