/**
 * AES-256-GCM, one envelope a value. The authenticated data names the secret and the version, so that a row that somebody
 * moved or copied does not open. What it does not hide: names, dates, stages and lengths.
 * @module
 */
import { Buffer } from 'node:buffer'
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { RotationError } from '../core/errors.ts'
import { SecretValue } from '../core/secret/secret-value.ts'
import type { LocalKey } from './key.ts'

const CIPHER = 'aes-256-gcm'
const NONCE_BYTES = 12
const TAG_BYTES = 16

export interface Envelope {
  readonly keyId: string
  /** Nonce, tag, ciphertext. */
  readonly sealed: Uint8Array
}

/** Where a value belongs. */
export interface Place {
  readonly secret: string
  readonly version: string
}

/** A lone surrogate has no UTF-8 and would come back as another character: `value-unsuitable`. */
export function seal(key: LocalKey, value: SecretValue, place: Place): Envelope {
  const text = value.reveal()
  if (!text.isWellFormed()) throw new RotationError('value-unsuitable', 'The value is not well-formed Unicode.')
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv(CIPHER, key.key, nonce, { authTagLength: TAG_BYTES }).setAAD(boundTo(place))
  const ciphertext = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  return { keyId: key.id, sealed: Buffer.concat([nonce, cipher.getAuthTag(), ciphertext]) }
}

/** Wrong key, damaged, or sealed for another place: `store-corrupt`, never absence. */
export function unseal(key: LocalKey, envelope: Envelope, place: Place): SecretValue {
  const { sealed } = envelope
  const nonce = sealed.subarray(0, NONCE_BYTES)
  const tag = sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES)
  try {
    const decipher = createDecipheriv(CIPHER, key.key, nonce, { authTagLength: TAG_BYTES })
    decipher.setAAD(boundTo(place)).setAuthTag(tag)
    const bytes = Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()])
    return SecretValue.of(bytes.toString('utf8'))
  } catch {
    const where = `Version ${place.version} of ${place.secret}`
    throw new RotationError('store-corrupt', `${where} does not decrypt: wrong key, damaged, or moved from elsewhere.`)
  }
}

/** JSON, because joined strings could be cut at another place and mean another row. */
const boundTo = (place: Place): Buffer => Buffer.from(JSON.stringify(['lockstep', 1, place.secret, place.version]))
