/**
 * What the server stores of a password, recomputed for one that is known: so that the admin sees which of two passwords an account
 * holds, in which place, without a single login that fails. Nothing computed here is ever sent.
 * @module
 */
import { hash } from 'node:crypto'
import type { SecretValue } from '../../secret/secret-value.ts'

/** A server that was told to compute longer than this is asked by logging in. */
const MOST_ROUNDS = 100_000
const SALT = 20

/** Whether `stored` is what the plugin keeps of the password; undefined if that cannot be said here. */
export function isStoredForm(plugin: string, stored: Buffer, password: SecretValue): boolean | undefined {
  const key = Buffer.from(password.reveal())
  if (plugin === 'mysql_native_password') return stored.toString('latin1') === nativeHash(key)
  const parts =
    plugin === 'caching_sha2_password'
      ? cachingSha2(stored)
      : plugin === 'sha256_password'
        ? sha256Password(stored)
        : undefined
  if (parts === undefined || parts.rounds > MOST_ROUNDS) return undefined
  return shaCrypt(key, parts.salt, parts.rounds) === parts.digest
}

interface Parts {
  readonly rounds: number
  readonly salt: Buffer
  readonly digest: string
}

const nativeHash = (key: Buffer): string => `*${hash('sha1', hash('sha1', key, 'buffer'), 'hex').toUpperCase()}`

/** `$A$` thousands of rounds, in hex, `$`, the salt, the digest. */
function cachingSha2(stored: Buffer): Parts | undefined {
  const thousands = /^\$A\$([0-9A-F]{3})\$/.exec(stored.toString('latin1', 0, 7))?.[1]
  if (thousands === undefined) return undefined
  return { rounds: Number.parseInt(thousands, 16) * 1000, ...saltAndDigest(stored.subarray(7)) }
}

/** `$5$`, the salt, `$`, the digest. */
function sha256Password(stored: Buffer): Parts | undefined {
  if (stored.toString('latin1', 0, 3) !== '$5$') return undefined
  const rest = stored.subarray(3)
  return { rounds: 5000, salt: rest.subarray(0, SALT), digest: rest.toString('latin1', SALT + 1) }
}

const saltAndDigest = (rest: Buffer) => ({ salt: rest.subarray(0, SALT), digest: rest.toString('latin1', SALT) })

const sha256 = (...parts: readonly Buffer[]): Buffer => hash('sha256', Buffer.concat(parts), 'buffer')

/** `part` over and over, to a length. */
const repeated = (part: Buffer, length: number): Buffer => Buffer.alloc(length, part)

/** SHA-crypt with SHA-256, as its specification counts the steps; the digest in crypt's own base 64. */
function shaCrypt(key: Buffer, salt: Buffer, rounds: number): string {
  const b = sha256(key, salt, key)
  const byBits: Buffer[] = []
  for (let bits = key.length; bits > 0; bits >>= 1) byBits.push(bits & 1 ? b : key)
  const a = sha256(key, salt, repeated(b, key.length), ...byBits)
  const p = repeated(sha256(repeated(key, key.length ** 2)), key.length)
  const s = repeated(sha256(repeated(salt, salt.length * (16 + a[0]!))), salt.length)
  const nothing = Buffer.alloc(0)
  let c = a
  for (let round = 0; round < rounds; round++) {
    const odd = round % 2 === 1
    c = sha256(odd ? p : c, round % 3 === 0 ? nothing : s, round % 7 === 0 ? nothing : p, odd ? c : p)
  }
  return cryptBase64(c)
}

const ALPHABET = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

function cryptBase64(digest: Buffer): string {
  let text = ''
  const put = (high: number, middle: number, low: number, count: number) => {
    let bits = (high << 16) | (middle << 8) | low
    for (let i = 0; i < count; i++, bits >>= 6) text += ALPHABET[bits & 63]
  }
  // three bytes a third apart, each group beginning where the one before had its second
  for (let i = 0; i < 10; i++) {
    const [x, y, z] = [
      [i, i + 10, i + 20],
      [i + 20, i, i + 10],
      [i + 10, i + 20, i],
    ][i % 3]!
    put(digest[x!]!, digest[y!]!, digest[z!]!, 4)
  }
  put(0, digest[31]!, digest[30]!, 3)
  return text
}
