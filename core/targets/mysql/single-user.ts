/**
 * One login whose password changes, for accounts that may not have two: from `set` until the new value is published, consumers that
 * open a connection are refused. Without an admin the login changes its own account, which needs no privilege.
 * @module
 */
import { RotationError } from '../../errors.ts'
import type { SettableTarget, TargetCall } from '../../ports/rotation-target.ts'
import type { Credential } from '../../secret/credential.ts'
import { requireSameLogin } from '../common/twin.ts'
import { accountOf, withCurrent } from '../mysql-wire/logins.ts'
import { account } from '../mysql-wire/quote.ts'
import { held } from './accounts.ts'
import { type Clauses, changeAccounts, first, keeping } from './change-accounts.ts'
import { requireSendable } from './fresh.ts'
import type { Context } from './options.ts'
import { beginOwnChange, replaceOwn } from './own-account.ts'
import { caughtUpSoon, positionOf } from './position.ts'
import { holdingCurrent, includingOwn, notOurs } from './shared.ts'

type Parts = Pick<SettableTarget, 'strategy' | 'overlap' | 'nextUsername' | 'set' | 'end'>

export const singleUser = (context: Context): Parts => ({
  strategy: 'single-user',
  overlap: 'gap',
  nextUsername: current => current.username,

  async set({ current, pending }, call) {
    requireSameLogin(current, pending)
    await withCurrent(context, current, call, async (writer, sessions) => {
      const at = writer.endpoint.name
      requireSendable(pending, at)
      if (pending.password.equals(current.password)) return
      if (context.admin !== undefined) {
        const own = await accountOf(writer)
        const clauses = replacing(current, pending)
        const position = await changeAccounts(context, current.username, call, clauses, includingOwn(own))
        return caughtUpSoon(sessions, position, call, context)
      }
      await beginOwnChange(writer, current.username, context, call)
      if (!(await replaceOwn(writer, current, pending))) throw notOurs('Current is only the second password', at)
      await caughtUpSoon(sessions, await positionOf(writer), call, context)
    })
  },

  async end() {
    throw new RotationError(
      'refused',
      'The previous version names the login that current names; its password ended at `set`.',
    )
  },
})

const replacing =
  (current: Credential, pending: Credential): Clauses =>
  (facts, at) => {
    if (facts.second !== undefined) throw notOurs(`The account ${account(facts)} has a second password`, at)
    const one = held(facts, facts.stored, current.password, pending.password)
    if (one === 'other') return []
    holdingCurrent(facts, one, at)
    return [first(pending)]
  }

/** Every strategy: makes a credential the one that is valid, whatever the server holds. */
export const force =
  (context: Context) =>
  async (credential: Credential, call: TargetCall): Promise<void> => {
    const { users } = context
    if (users !== undefined && !users.includes(credential.username))
      throw new RotationError('identity-mismatch', 'The version names a user that the configuration does not.')
    requireSendable(credential, 'force')
    await changeAccounts(context, credential.username, call, keeping(credential))
  }
