/**
 * What a node knows about a login, and which logins are never rotated.
 * @module
 */
import { createHash } from 'node:crypto'
import { RotationError } from '../../errors.ts'
import type { Credential } from '../../secret/credential.ts'
import type { Context } from './options.ts'
import type { Session } from './session.ts'

export interface Account {
  readonly enabled: boolean
  /** `nopass`: whatever is sent as a password is right. */
  readonly anyPassword: boolean
  /** SHA-256 in hexadecimal digits. */
  readonly hashes: readonly string[]
  /** Commands, keys, channels and selectors, in one text that can be compared. */
  readonly rules: string
}

/** What the server keeps of a password, and all that it is sent. */
export const hashOf = ({ password }: Credential): string => createHash('sha256').update(password.reveal()).digest('hex')

/** Undefined: there is no such user. */
export async function accountOf(node: Session, login: string): Promise<Account | undefined> {
  const user = (await node.ask(['ACL', 'GETUSER', login])) as readonly unknown[] | null
  if (user === null) return undefined
  const field = (name: string) => user[user.indexOf(name) + 1]
  const flags = field('flags') as readonly string[]
  return {
    enabled: flags.includes('on'),
    anyPassword: flags.includes('nopass'),
    hashes: field('passwords') as readonly string[],
    rules: JSON.stringify(['commands', 'keys', 'channels', 'selectors'].map(field)),
  }
}

/** Refuses a login that does not exist (`ACL SETUSER` would create it) or that nobody should change through us. */
export function requireUsable(account: Account | undefined, at: string): asserts account is Account {
  if (account === undefined)
    throw new RotationError('identity-mismatch', 'The login to change does not exist.', {
      at,
      next: 'Correct the user name, or create the user on every node with `ACL SETUSER`.',
    })
  if (account.anyPassword)
    throw new RotationError('unsupported', 'The login is `nopass`: it accepts any password.', {
      at,
      next: 'Give it a password first: `ACL SETUSER name >password`. Whoever sends another one is refused from then on.',
    })
  if (!account.enabled) throw new RotationError('login-locked', 'The login to change is off.', { at })
}

/** Refuses a login with a password that is none of `ours`: the change would end it. */
export function requireKnownPasswords(
  { hashes }: Account,
  ours: readonly string[],
  { adopt }: Context,
  at: string,
): void {
  if (adopt === true || hashes.every(hash => ours.includes(hash))) return
  throw new RotationError('not-ours', 'The login has a password that is not one of this rotation.', {
    at,
    next: 'Find out who uses it (`ACL GETUSER` shows its hash). Remove it with `ACL SETUSER name !hash`, or adopt the login: its other passwords end then.',
  })
}
