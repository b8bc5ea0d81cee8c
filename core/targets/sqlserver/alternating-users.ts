/**
 * Two logins that take turns: while one is current, the other gets its new password and is promoted. Both are valid until the
 * previous one is ended, so no consumer is ever refused. Changing the twin needs an admin.
 * @module
 */
import { RotationError } from '../../errors.ts'
import type { SettableTarget, TargetCall } from '../../ports/rotation-target.ts'
import type { Credential } from '../../secret/credential.ts'
import { using } from '../common/logins.ts'
import { requireTwinPending, requireTwinPrevious, twinOf } from '../common/twin.ts'
import { changePassword } from './change-password.ts'
import { openAdmin } from './connect.ts'
import { withCurrent } from './logins.ts'
import { type Context, changedServers } from './options.ts'
import { endLogin } from './retire.ts'

type Parts = Pick<SettableTarget, 'strategy' | 'overlap' | 'nextUsername' | 'set' | 'end'>

export const alternatingUsers = (context: Context): Parts => ({
  strategy: 'alternating-users',
  overlap: 'both-valid',
  nextUsername: current => twinOf(context.users, current.username),

  async set({ current, pending }, call) {
    requireTwinPending(context.users, current, pending)
    await withCurrent(context, current, call, () => setEverywhere(context, pending, call))
  },

  async end({ previous, current }, call) {
    requireTwinPrevious(context.users, current, previous)
    await endLogin(context, previous, current, call)
  },
})

/** Makes a credential valid whatever the servers hold. */
export const force =
  (context: Context) =>
  async (credential: Credential, call: TargetCall): Promise<void> => {
    if (context.users?.includes(credential.username) !== true)
      throw new RotationError('identity-mismatch', 'The version names a user that the configuration does not.')
    await setEverywhere(context, credential, call)
  }

/** One server after the other: what is interrupted is done again from the start, with the same result. */
async function setEverywhere(context: Context, { username, password }: Credential, call: TargetCall): Promise<void> {
  for (const endpoint of changedServers(context)) {
    const change = { login: username, password, use: true }
    const found = await using(openAdmin(context, call, endpoint), admin => changePassword(admin, change, context, call))
    if (!found)
      throw new RotationError('identity-mismatch', 'The login to change does not exist.', {
        at: endpoint.name,
        next: 'Run `lockstep doctor NAME`: it prints the statement that creates it.',
      })
  }
}
