/**
 * What several strategies ask of an account, and how they prove the end of a password.
 * @module
 */
import { RotationError } from '../../errors.ts'
import type { TargetCall } from '../../ports/rotation-target.ts'
import type { Credential } from '../../secret/credential.ts'
import { requireEnded } from '../common/logins.ts'
import { acceptedBy } from '../mysql-wire/logins.ts'
import { account } from '../mysql-wire/quote.ts'
import type { AccountFacts } from './accounts.ts'
import type { Wanted } from './change-accounts.ts'
import { nativeHash } from './hash.ts'
import { holdsExactly, holdsOnly } from './methods.ts'
import type { Context } from './options.ts'

/** A password that is none of these is somebody else's: on the account, or of another account of the same login. */
export function requireOnly(facts: AccountFacts, hashes: readonly string[], at: string): void {
  if (holdsOnly(facts.methods, ...hashes)) return
  throw new RotationError(
    'not-ours',
    `The account ${account(facts)} has a password that is neither of the two that this rotation knows; changing the list would end it.`,
    {
      at,
      next: 'Find who set it. If nobody needs it: ALTER USER … IDENTIFIED VIA mysql_native_password USING the hash of current. If another host part has a password of its own: list the host parts to rotate in `hosts`.',
    },
  )
}

/** Makes a credential's password the only one. */
export const only = (credential: Credential): Wanted => {
  const hash = nativeHash(credential)
  return ({ methods }) => (holdsExactly(methods, hash) ? undefined : [hash])
}

/** One login per endpoint. */
export const proveEnded = async (context: Context, previous: Credential, call: TargetCall): Promise<void> =>
  requireEnded(await acceptedBy(context, previous, call))
