/**
 * Two logins that take turns: while one is current, the other gets its new password and is promoted. Both are valid until the previous
 * one is ended, so no consumer is ever refused. Changing the twin needs an admin.
 * @module
 */
import type { SettableTarget } from '../../ports/rotation-target.ts'
import { requireTwinPending, requireTwinPrevious, twinOf } from '../common/twin.ts'
import { withCurrent } from '../mysql-wire/logins.ts'
import { requireUsable } from './accounts.ts'
import { changeAccounts } from './change-accounts.ts'
import { createTwin } from './create-twin.ts'
import { nobodysHash } from './hash.ts'
import type { Context } from './options.ts'
import { caughtUp, caughtUpSoon } from './position.ts'
import { only, proveEnded } from './shared.ts'

type Parts = Pick<SettableTarget, 'strategy' | 'overlap' | 'nextUsername' | 'set' | 'end'>

export const alternatingUsers = (context: Context): Parts => ({
  strategy: 'alternating-users',
  overlap: 'both-valid',
  nextUsername: current => twinOf(context.users, current.username),

  async set({ current, pending }, call) {
    requireTwinPending(context.users, current, pending)
    const wanted = only(pending)
    // current first: who cannot log in with it has no business with its twin, whatever the admin secret allows
    await withCurrent(context, current, call, async (_, sessions) => {
      const twins = { model: current.username, twin: pending.username }
      const position = await changeAccounts(
        context,
        pending.username,
        call,
        wanted,
        (accounts, at) => {
          for (const facts of accounts) requireUsable(facts, at)
        },
        async admin => {
          if (context.createTwin) await createTwin(admin, twins, context)
        },
      )
      await caughtUpSoon(sessions, position, call, context)
    })
  },

  /** Not locked: the next rotation gives it a password, and a locked account answers a right one differently from a wrong one. */
  async end({ previous, current }, call) {
    requireTwinPrevious(context.users, current, previous)
    await withCurrent(context, current, call, async (_, sessions) => {
      const position = await changeAccounts(context, previous.username, call, () => [nobodysHash()])
      await caughtUp(sessions, position, call, context)
    })
    await proveEnded(context, previous, call)
  },
})
