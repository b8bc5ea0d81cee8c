/**
 * Settings that hold a password itself, for the server takes no hash there: `masterauth` and Sentinel's `auth-pass`, with which it
 * logs in elsewhere, and `requirepass` of old. It keeps them out of its log and its SLOWLOG; they stand in its configuration file.
 * @module
 */
import { RotationError } from '../../errors.ts'
import type { Credential } from '../../secret/credential.ts'
import { DENIED, type Session } from './session.ts'

export const setSetting = (
  node: Session,
  name: 'masterauth' | 'requirepass',
  { password }: Credential,
): Promise<void> => node.change(['CONFIG', 'SET', name, password.reveal()])

/** Sentinel saves it by itself, and tells no other Sentinel. */
export const setAuthPass = (sentinel: Session, masterName: string, { password }: Credential): Promise<void> =>
  sentinel.change(['SENTINEL', 'SET', masterName, 'auth-pass', password.reveal()])

/**
 * After changes by ACL the configuration file would keep the `requirepass` of before, in clear. Emptying it makes `default` accept
 * anything, so both happen in one transaction, between which the server serves nobody. Not allowed to: nothing.
 */
export async function purgeRequirepass(node: Session, hash: string): Promise<void> {
  const password = ['ACL', 'SETUSER', 'default', 'resetpass', `#${hash}`]
  const denied = new RegExp(`${DENIED.source}|^EXECABORT `)
  const [, , , results] = await Promise.all([
    node.askUnless(denied, ['MULTI']),
    node.askUnless(denied, ['CONFIG', 'SET', 'requirepass', '']),
    node.askUnless(denied, password),
    node.askUnless(denied, ['EXEC']),
  ])
  if (results === undefined || (results as readonly unknown[])[1] === 'OK') return
  await node.change(password)
  throw new RotationError('target-busy', 'The server did not clear `requirepass`.', { at: node.endpoint.name })
}
