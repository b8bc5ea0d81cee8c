/**
 * One login whose password changes. PostgreSQL has no second password: from `set` until the new value is published, consumers
 * that open a connection are refused. The login changes its own password, which needs no privilege.
 * @module
 */
import { isRotationError, RotationError } from '../../errors.ts'
import type { SettableTarget, TargetCall } from '../../ports/rotation-target.ts'
import type { Credential } from '../../secret/credential.ts'
import { using } from '../common/logins.ts'
import { requireSameLogin } from '../common/twin.ts'
import { changePassword } from './change-password.ts'
import { openAdmin } from './connect.ts'
import { withCurrent } from './logins.ts'
import type { Context } from './options.ts'
import { storedForm, storedFormAhead } from './verifier.ts'

type Parts = Pick<SettableTarget, 'strategy' | 'overlap' | 'nextUsername' | 'set' | 'end'>

export const singleUser = (context: Context): Parts => ({
  strategy: 'single-user',
  overlap: 'gap',
  nextUsername: current => current.username,

  async set({ current, pending }, call) {
    requireSameLogin(current, pending)
    const ahead = storedFormAhead(pending, context.hash)
    await withCurrent(context, current, call, async writer => {
      const stored = await ahead()
      try {
        await changePassword(writer, { login: current.username, stored, by: 'itself' }, context, call)
      } catch (error) {
        // some managed servers keep password changes to a few roles (RDS: rds.restrict_password_commands)
        if (!isRotationError(error, 'permission-missing') || context.admin === undefined) throw error
        await byAdmin(context, current.username, stored, call)
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

const byAdmin = (context: Context, login: string, stored: string, call: TargetCall): Promise<void> =>
  using(openAdmin(context, call), admin => changePassword(admin, { login, stored, by: 'admin' }, context, call))

/** Both strategies: makes a credential valid whatever the server holds. */
export const force =
  (context: Context) =>
  async (credential: Credential, call: TargetCall): Promise<void> => {
    const { users } = context
    if (users !== undefined && !users.includes(credential.username))
      throw new RotationError('identity-mismatch', 'The version names a user that the configuration does not.')
    await byAdmin(context, credential.username, await storedForm(credential, context.hash), call)
  }
