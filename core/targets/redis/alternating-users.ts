/**
 * Two logins with the same rules that take turns: while one is current, the other gets its new password and is promoted. For
 * those who must know from a session which password opened it; elsewhere two passwords of one login do the same with less.
 * @module
 */
import type { SettableTarget } from '../../ports/rotation-target.ts'
import { requireEnded } from '../common/logins.ts'
import { requireTwinPending, requireTwinPrevious, twinOf } from '../common/twin.ts'
import { hashOf } from './account.ts'
import { lookEverywhere, setPasswords } from './change-password.ts'
import { acceptedBy, withCurrent } from './logins.ts'
import type { Context } from './options.ts'
import { requireAllListed } from './topology.ts'

type Parts = Pick<SettableTarget, 'strategy' | 'overlap' | 'nextUsername' | 'set' | 'end'>

export const alternatingUsers = (context: Context): Parts => ({
  strategy: 'alternating-users',
  overlap: 'both-valid',
  nextUsername: current => twinOf(context.users, current.username),

  async set({ current, pending }, call) {
    requireTwinPending(context.users, current, pending)
    const hash = hashOf(pending)
    // current first: who cannot log in with it has no business with its twin, whatever the admin secret allows
    await withCurrent(context, current, call, async nodes => {
      const looks = await lookEverywhere(nodes, pending.username, context)
      if (!looks.some(({ account }) => account.hashes.includes(hash))) await requireAllListed(nodes)
      await setPasswords(looks, pending.username, [hash], context, call)
    })
  },

  /** A user without a password is refused whatever is sent; it keeps its rules for the next turn. */
  async end({ previous, current }, call) {
    requireTwinPrevious(context.users, current, previous)
    await withCurrent(context, current, call, async nodes => {
      const looks = await lookEverywhere(nodes, previous.username, context)
      await setPasswords(looks, previous.username, [], context, call)
    })
    requireEnded(await acceptedBy(context, previous, call))
  },
})
