/**
 * What is sent instead of a password: the hash that the server stores, so that the password reaches neither general log nor binlog nor
 * replicas. It has no salt: from it a short password can be found out, a generated one cannot.
 * @module
 */
import { hash, randomBytes } from 'node:crypto'
import { RotationError } from '../../errors.ts'
import type { Credential } from '../../secret/credential.ts'

/** `*` and SHA-1 of SHA-1, as `mysql_native_password` stores it. Unsuitable: `value-rejected`. */
export function nativeHash({ password }: Credential): string {
  const text = password.reveal()
  // an empty one lets anybody in, and the protocol ends a password at NUL
  if (text === '' || text.includes('\0'))
    throw new RotationError('value-rejected', 'The new password is empty or contains NUL; it was not sent.')
  return `*${hash('sha1', hash('sha1', text, 'buffer'), 'hex').toUpperCase()}`
}

/** Of a password that nobody knows. (An account without any lets everybody in.) */
export const nobodysHash = (): string => `*${randomBytes(20).toString('hex').toUpperCase()}`
