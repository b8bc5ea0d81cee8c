/**
 * Which versions stand for the same thing at the target: with one login the password tells them apart, with two the login.
 * @module
 */
import type { RotationTarget } from '../ports/rotation-target.ts'
import type { Credential } from '../secret/credential.ts'

type Kind = Pick<RotationTarget, 'strategy'>

/** All versions name the same login. */
export const hasOneLogin = ({ strategy }: Kind): boolean => strategy === 'single-user' || strategy === 'dual-password'

/** Ending one would end the other. */
export function sharesCredential({ strategy }: Kind, one: Credential, other: Credential): boolean {
  if (one.username !== other.username) return false
  return strategy !== 'dual-password' || one.password.equals(other.password)
}
