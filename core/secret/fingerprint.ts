/**
 * Fingerprints: whether two versions hold the same value, without showing either. Keyed, so that nobody without the key can
 * try candidates; with 64 bits, which is enough to correlate and too few to prove anything.
 * @module
 */
import { Buffer } from 'node:buffer'
import { createHmac } from 'node:crypto'
import { RotationError } from '../errors.ts'
import { SecretValue } from './secret-value.ts'

/** Never the key that encrypts a store: who reads fingerprints must not be able to decrypt. */
export interface FingerprintKey {
  /** Hexadecimal. */
  readonly key: SecretValue
}

const MIN_KEY_BYTES = 32
/** Fewer different bytes come from a placeholder (`000…`, `abcabc…`), not from a random source: below 10^-20 for 32 bytes. */
const MIN_DISTINCT_BYTES = 12

function decodeKey(text: string): Buffer | undefined {
  if (/^(?:[0-9a-f]{2})+$/i.test(text)) return Buffer.from(text, 'hex')
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(text)) return undefined
  return Buffer.from(text, 'base64')
}

/** A key as files and variables hold it: hexadecimal or base64, at least 32 random bytes. Otherwise `key-missing`, without the text. */
export function parseKey(text: string): FingerprintKey {
  const bytes = decodeKey(text.trim())
  if (bytes === undefined || bytes.length < MIN_KEY_BYTES)
    throw new RotationError('key-missing', 'The key must be at least 32 bytes in hexadecimal or base64.')
  if (new Set(bytes).size < MIN_DISTINCT_BYTES)
    throw new RotationError('key-missing', 'The key is a placeholder: its bytes are not random.')
  return { key: SecretValue.of(bytes.toString('hex')) }
}

/**
 * `fp:` and 16 hexadecimal digits. Separated by the secret's name in the configuration: the same value in two stores of one
 * secret has the same fingerprint; two secrets that share a value do not betray it.
 */
export function fingerprint(key: FingerprintKey, secret: string, value: SecretValue): string {
  const name = Buffer.from(secret)
  const hmac = createHmac('sha256', Buffer.from(key.key.reveal(), 'hex'))
  // The length keeps name and value apart: ('a', 'bc') is not ('ab', 'c').
  hmac.update(`lockstep fingerprint 1\n${name.length}\n`).update(name).update(value.reveal())
  return `fp:${hmac.digest('hex').slice(0, 16)}`
}
