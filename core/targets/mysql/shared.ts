/**
 * What several strategies ask of an account, and how they prove the end of a password.
 * @module
 */
import { RotationError } from '../../errors.ts'
import type { TargetCall } from '../../ports/rotation-target.ts'
import type { Credential } from '../../secret/credential.ts'
import { requireEnded } from '../common/logins.ts'
import { type Account, acceptedBy } from '../mysql-wire/logins.ts'
import { account } from '../mysql-wire/quote.ts'
import type { AccountFacts, Held } from './accounts.ts'
import type { Context } from './options.ts'

export const notOurs = (why: string, at: string): RotationError =>
  new RotationError('not-ours', `${why}: somebody may use it, so nothing was changed.`, {
    at,
    next: 'Find who set it. If nobody needs it: ALTER USER … DISCARD OLD PASSWORD, then run the same command again.',
  })

/** The account that let current in must be among those that are changed. */
export const includingOwn =
  (own: Account) =>
  (accounts: readonly AccountFacts[], at: string): void => {
    if (accounts.some(({ user, host }) => user === own.user && host === own.host)) return
    throw new RotationError('identity-mismatch', `The current login is let in as ${account(own)}.`, {
      at,
      next: 'Add the host part of that account to `hosts`.',
    })
  }

/** An account of the same login with a password of its own is somebody else's. */
export function holdingCurrent(facts: AccountFacts, one: Held, at: string): void {
  if (one !== 'neither') return
  throw new RotationError('not-ours', `The account ${account(facts)} has another password than current.`, {
    at,
    next: 'Give it the same password, or list the host parts of the accounts to rotate in `hosts`.',
  })
}

/** One login per endpoint. */
export const proveEnded = async (context: Context, previous: Credential, call: TargetCall): Promise<void> =>
  requireEnded(await acceptedBy(context, previous, call))
