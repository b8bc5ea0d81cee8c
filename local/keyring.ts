/**
 * The keys that a store can decrypt with. Another process may rotate the key of the file at any moment, so an unknown key id
 * makes the ring look at its source again before it gives up.
 * @module
 */
import { existsSync } from 'node:fs'
import { RotationError } from '../core/errors.ts'
import { type KeySource, type LocalKey, loadKey, nextKeyFile } from './key.ts'

export class Keyring {
  readonly #source: KeySource
  readonly #keys = new Map<string, LocalKey>()

  /** Loads the key at once, so that a missing or exposed key is reported before anything else happens. */
  constructor(source: KeySource) {
    this.#source = source
    this.add(loadKey(source))
  }

  add(key: LocalKey): void {
    this.#keys.set(key.id, key)
  }

  /** The key to encrypt a new file with. */
  main(): LocalKey {
    return loadKey(this.#source)
  }

  /** The key with this id. Not to be had: `store-corrupt`, because nothing can be decrypted. */
  get(id: string, at: string): LocalKey {
    if (!this.#keys.has(id)) this.#reload()
    const key = this.#keys.get(id)
    if (key) return key
    const held = [...this.#keys.keys()].join(', ')
    throw new RotationError('store-corrupt', `${at} is encrypted with key ${id}; the key at hand is ${held}.`, {
      at,
      next: 'Provide the key that this file was encrypted with.',
    })
  }

  #reload(): void {
    this.add(loadKey(this.#source))
    if (!('file' in this.#source)) return
    const file = nextKeyFile(this.#source.file)
    if (existsSync(file)) this.add(loadKey({ file }))
  }
}
