/**
 * One user whose password changes. MongoDB has no second password: from `set` until the new value is published, consumers that
 * open a connection are refused. The user changes its own password where it may (action `changeOwnPassword`), else the admin does.
 * @module
 */
import { isRotationError, RotationError } from '../../errors.ts'
import type { SettableTarget, TargetCall } from '../../ports/rotation-target.ts'
import type { Credential } from '../../secret/credential.ts'
import { using } from '../common/logins.ts'
import { requireSameLogin } from '../common/twin.ts'
import { changePassword, requirePrivateWire, requireSuitable } from './change-password.ts'
import { openAdmin, openWritable } from './connect.ts'
import { withCurrent } from './logins.ts'
import type { Context } from './options.ts'
import type { Session } from './session.ts'

type Parts = Pick<SettableTarget, 'strategy' | 'overlap' | 'nextUsername' | 'set' | 'end'>

export const singleUser = (context: Context): Parts => ({
  strategy: 'single-user',
  overlap: 'gap',
  nextUsername: current => current.username,

  async set({ current, pending }, call) {
    requireSameLogin(current, pending)
    requirePrivateWire(context)
    requireSuitable(pending.password)
    const { username: user, password } = pending
    await withCurrent(context, current, call, async writer => {
      try {
        await changePassword(writer, { user, password, by: 'itself' }, context, call)
      } catch (error) {
        // no role that the server brings along allows it
        if (!isRotationError(error, 'permission-missing') || context.admin === undefined) throw error
        await byAdmin(context, openAdmin(context, writer.endpoint, call), pending, call)
      }
    })
  },

  async end() {
    throw new RotationError(
      'refused',
      'The previous version names the login that current names; its password ended at `set`.',
    )
  },
})

const byAdmin = (
  context: Context,
  opening: Promise<Session>,
  { username: user, password }: Credential,
  call: TargetCall,
): Promise<unknown> => using(opening, admin => changePassword(admin, { user, password, by: 'admin' }, context, call))

/** Both strategies: makes a credential valid whatever the server holds. */
export const force =
  (context: Context) =>
  async (credential: Credential, call: TargetCall): Promise<void> => {
    const { users } = context
    if (users !== undefined && !users.includes(credential.username))
      throw new RotationError('identity-mismatch', 'The version names a user that the configuration does not.')
    requirePrivateWire(context)
    requireSuitable(credential.password)
    const opening = openWritable(context, endpoint => openAdmin(context, endpoint, call))
    await byAdmin(context, opening, credential, call)
  }
