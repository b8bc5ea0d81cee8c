/**
 * The two logins of alternating-users.
 * @module
 */
import { RotationError } from '../../errors.ts'
import type { Credential } from '../../secret/credential.ts'

type Users = readonly [string, string] | undefined

/** Not two different ones: `config-invalid`. */
export function requirePair(users: Users): void {
  if (users === undefined || users[0] === users[1])
    throw new RotationError('config-invalid', 'The strategy alternating-users needs two different users.')
}

/** The other one of the pair. Not one of ours: `identity-mismatch`. */
export function twinOf(users: Users, username: string): string {
  const twin = users?.includes(username) ? users.find(user => user !== username) : undefined
  if (twin === undefined)
    throw new RotationError('identity-mismatch', 'The version names a user that is not one of the configured pair.')
  return twin
}

/** Pending must be current's twin. */
export function requireTwinPending(users: Users, current: Credential, pending: Credential): void {
  if (pending.username !== twinOf(users, current.username))
    throw new RotationError('identity-mismatch', 'The pending version does not name the twin of the current user.')
}

/** What is ended must be current's twin, and never current's own login: `refused`. */
export function requireTwinPrevious(users: Users, current: Credential, previous: Credential): void {
  if (previous.username === current.username)
    throw new RotationError('refused', 'The previous version names the login that current names.')
  if (previous.username !== twinOf(users, current.username))
    throw new RotationError('identity-mismatch', 'The previous version does not name the twin of the current user.')
}

/** Where there is one login, pending names it too. */
export function requireSameLogin(current: Credential, pending: Credential): void {
  if (pending.username !== current.username)
    throw new RotationError('identity-mismatch', 'The pending version names another user than current.')
}

/** With two passwords on one login, what is ended must be another password than current's: `refused`. */
export function requireOtherPassword(current: Credential, previous: Credential): void {
  requireSameLogin(current, previous)
  if (previous.password.equals(current.password))
    throw new RotationError('refused', 'The previous version holds the password that current holds.')
}
