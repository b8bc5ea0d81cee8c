/**
 * Two logins of one owner role that take turns: while one is current, the other gets its new password and is promoted. Both are
 * valid until the previous one is ended, so no consumer is ever refused. Changing the twin needs an admin.
 * @module
 */
import type { SettableTarget } from '../../ports/rotation-target.ts'
import { using } from '../common/logins.ts'
import { requireTwinPending, requireTwinPrevious, twinOf } from '../common/twin.ts'
import { changePassword } from './change-password.ts'
import { openAdmin } from './connect.ts'
import { withCurrent } from './logins.ts'
import type { Context } from './options.ts'
import { endLogin } from './retire.ts'
import { storedFormAhead } from './verifier.ts'

type Parts = Pick<SettableTarget, 'strategy' | 'overlap' | 'nextUsername' | 'set' | 'end'>

export function alternatingUsers(context: Context): Parts {
  return {
    strategy: 'alternating-users',
    overlap: 'both-valid',
    nextUsername: current => twinOf(context.users, current.username),

    async set({ current, pending }, call) {
      requireTwinPending(context.users, current, pending)
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
      requireTwinPrevious(context.users, current, previous)
      await endLogin(context, previous, current, call)
    },
  }
}
