/**
 * An Ed25519 signature of the list of checksums, as `openssl pkeyutl -verify -rawin` reads it. The key is a file, never an argument:
 * arguments are seen by everybody on the machine.
 * @module
 */
import { createPrivateKey, type KeyObject, sign } from 'node:crypto'
import { readFileSync } from 'node:fs'

export const KEY_FILE = 'LOCKSTEP_SIGNING_KEY'

export class SigningRefused extends Error {}

/** Of 64 bytes; the same for the same key and content. */
export function signature(content: Uint8Array, keyFile: string): Buffer {
  return sign(null, content, keyIn(keyFile))
}

export function keyIn(file: string): KeyObject {
  let key: KeyObject
  try {
    key = createPrivateKey(readFileSync(file))
  } catch {
    // the reason may quote the file
    throw new SigningRefused(`${KEY_FILE} names no file with an unencrypted private key in PEM: ${MAKE}`)
  }
  if (key.asymmetricKeyType !== 'ed25519')
    throw new SigningRefused(`${KEY_FILE} names a key that is not Ed25519: ${MAKE}`)
  return key
}

const MAKE = 'make one with `openssl genpkey -algorithm ed25519 -out key.pem`.'
