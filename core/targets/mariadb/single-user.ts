/**
 * One login whose password changes: from `set` until the new value is published, consumers that open a connection are refused. Without an
 * admin the login changes its own account, which needs no privilege; with one, all accounts of the login.
 * @module
 */
import { RotationError } from '../../errors.ts'
import type { SettableTarget, TargetCall } from '../../ports/rotation-target.ts'
import type { Credential } from '../../secret/credential.ts'
import { requireSameLogin } from '../common/twin.ts'
import { accountOf, withCurrent } from '../mysql-wire/logins.ts'
import { changeAccounts, includingOwn, type Wanted } from './change-accounts.ts'
import { nativeHash } from './hash.ts'
import { holdsExactly } from './methods.ts'
import type { Context } from './options.ts'
import { changeOwn } from './own-account.ts'
import { caughtUpSoon } from './position.ts'
import { requireOnly } from './shared.ts'

type Parts = Pick<SettableTarget, 'strategy' | 'overlap' | 'nextUsername' | 'set' | 'end'>

export const singleUser = (context: Context): Parts => ({
  strategy: 'single-user',
  overlap: 'gap',
  nextUsername: current => current.username,

  async set({ current, pending }, call) {
    requireSameLogin(current, pending)
    const hash = nativeHash(pending)
    await withCurrent(context, current, call, async (writer, sessions) => {
      if (pending.password.equals(current.password)) return
      const position =
        context.admin === undefined
          ? await changeOwn(writer, current, hash, context, call)
          : await changeAccounts(
              context,
              current.username,
              call,
              replacing(nativeHash(current), hash),
              includingOwn(await accountOf(writer)),
            )
      await caughtUpSoon(sessions, position, call, context)
    })
  },

  async end() {
    throw new RotationError(
      'refused',
      'The previous version names the login that current names; its password ended at `set`.',
    )
  },
})

/** The whole list, for a plain SET PASSWORD would leave what stands behind the first. */
const replacing =
  (current: string, pending: string): Wanted =>
  (facts, at) => {
    requireOnly(facts, [current, pending], at)
    return holdsExactly(facts.methods, pending) ? undefined : [pending]
  }

/** Every strategy: makes a credential the only one that is valid, whatever the server holds. */
export const force =
  (context: Context) =>
  async (credential: Credential, call: TargetCall): Promise<void> => {
    const { users } = context
    if (users !== undefined && !users.includes(credential.username))
      throw new RotationError('identity-mismatch', 'The version names a user that the configuration does not.')
    const hash = nativeHash(credential)
    // also where the server holds it already: a change makes it forget wrong passwords that it has counted
    await changeAccounts(context, credential.username, call, () => [hash])
  }
