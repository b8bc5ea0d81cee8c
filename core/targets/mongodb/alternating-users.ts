/**
 * Two users with the same roles that take turns: while one is current, the other gets its new password and is promoted. Both are
 * valid until the previous one is ended, so no consumer is ever refused. Changing the twin needs an admin.
 * @module
 */
import type { SettableTarget } from '../../ports/rotation-target.ts'
import { using } from '../common/logins.ts'
import { requireTwinPending, requireTwinPrevious, twinOf } from '../common/twin.ts'
import { changePassword, requirePrivateWire, requireSuitable } from './change-password.ts'
import { openAdmin } from './connect.ts'
import { withCurrent } from './logins.ts'
import type { Context } from './options.ts'
import { endLogin } from './retire.ts'

type Parts = Pick<SettableTarget, 'strategy' | 'overlap' | 'nextUsername' | 'set' | 'end'>

export const alternatingUsers = (context: Context): Parts => ({
  strategy: 'alternating-users',
  overlap: 'both-valid',
  nextUsername: current => twinOf(context.users, current.username),

  async set({ current, pending }, call) {
    requireTwinPending(context.users, current, pending)
    requirePrivateWire(context)
    requireSuitable(pending.password)
    const { username: user, password } = pending
    // current first: who cannot log in with it has no business with its twin, whatever the admin secret allows
    await withCurrent(context, current, call, writer =>
      using(openAdmin(context, writer.endpoint, call), admin =>
        changePassword(admin, { user, password, by: 'admin' }, context, call),
      ),
    )
  },

  async end({ previous, current }, call) {
    requireTwinPrevious(context.users, current, previous)
    requirePrivateWire(context)
    await endLogin(context, previous, current, call)
  },
})
