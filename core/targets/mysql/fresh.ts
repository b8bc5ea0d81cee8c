/**
 * Passwords as they can be sent, and one that nobody knows.
 * @module
 */
import { randomBytes } from 'node:crypto'
import { RotationError } from '../../errors.ts'
import type { Credential } from '../../secret/credential.ts'
import { SecretValue } from '../../secret/secret-value.ts'

/** The plugin takes no more. */
const LONGEST = 256

/** What the server would take for no password, or cut. */
export function requireSendable({ password }: Credential, at: string): void {
  const value = password.reveal()
  if (value === '' || value.includes('\0') || password.byteLength > LONGEST)
    throw new RotationError('value-rejected', 'The new password is empty, too long or contains NUL; it was not sent.', {
      at,
    })
}

/** For a login that nobody is to use: an empty password would let everybody in. Of all kinds of characters, for policies. */
export const unknownPassword = (username: string): Credential => ({
  username,
  password: SecretValue.of(`${randomBytes(30).toString('base64url')}-aA1`),
})
