/**
 * Two logins of one owner role that take turns: while one is current, the other gets its new password and is promoted. Both are
 * valid until the previous one is ended, so no consumer is ever refused. Changing the twin needs an admin.
 * @module
 */
import { RotationError } from '../../errors.ts'
import type { SettableTarget } from '../../ports/rotation-target.ts'
import { changePassword } from './change-password.ts'
import { openAdmin } from './connect.ts'
import { withCurrent } from './logins.ts'
import type { Context } from './options.ts'
import { endLogin } from './retire.ts'
import { using } from './session.ts'
import { storedFormAhead } from './verifier.ts'

type Parts = Pick<SettableTarget, 'strategy' | 'overlap' | 'nextUsername' | 'set' | 'end'>

export function alternatingUsers(context: Context): Parts {
  const twin = (username: string) => twinOf(context, username)
  return {
    strategy: 'alternating-users',
    overlap: 'both-valid',
    nextUsername: current => twin(current.username),

    async set({ current, pending }, call) {
      if (pending.username !== twin(current.username))
        throw new RotationError('identity-mismatch', 'The pending version does not name the twin of the current user.')
      const ahead = storedFormAhead(pending, context.hash)
      // current first: who cannot log in with it has no business with its twin, whatever the admin secret allows
      await withCurrent(context, current, call, () =>
        using(openAdmin(context, call), async admin =>
          changePassword(
            admin,
            { login: pending.username, stored: await ahead(), by: 'admin', memberOf: current.username },
            context,
            call,
          ),
        ),
      )
    },

    async end({ previous, current }, call) {
      if (previous.username === current.username)
        throw new RotationError('refused', 'The previous version names the login that current names.')
      if (previous.username !== twin(current.username))
        throw new RotationError('identity-mismatch', 'The previous version does not name the twin of the current user.')
      await endLogin(context, previous, current, call)
    },
  }
}

/** The other one of the pair. */
export function twinOf({ users }: Context, username: string): string {
  const twin = users?.includes(username) ? users.find(user => user !== username) : undefined
  if (twin === undefined)
    throw new RotationError('identity-mismatch', 'The version names a user that is not one of the configured pair.')
  return twin
}
