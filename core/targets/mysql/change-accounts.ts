/**
 * The one place where the admin changes accounts: all those of a login in one statement, which the server makes as a whole or not
 * at all, under the lock of the login, after a look at what they are.
 * @module
 */
import { RotationError } from '../../errors.ts'
import type { TargetCall } from '../../ports/rotation-target.ts'
import type { Credential } from '../../secret/credential.ts'
import { using } from '../common/logins.ts'
import { beginChange } from '../mysql-wire/change.ts'
import { openAdmin } from '../mysql-wire/connect.ts'
import { account, text } from '../mysql-wire/quote.ts'
import type { Session } from '../mysql-wire/session.ts'
import { type AccountFacts, held, readAccounts, requireOurs } from './accounts.ts'
import type { Context } from './options.ts'
import { type Position, positionOf } from './position.ts'

/** What follows the account in ALTER USER; several are made one after the other, still as one. None: it stays as it is. */
export type Clauses = (facts: AccountFacts, at: string) => readonly string[]

/** Adds a password such that the present one stays valid: as the second, whichever was that before is gone. */
export const retain = ({ password }: Credential): string =>
  `IDENTIFIED BY ${text(password.reveal())} RETAIN CURRENT PASSWORD`

/** Makes a password the first; a second one stays. */
export const first = ({ password }: Credential): string => `IDENTIFIED BY ${text(password.reveal())}`

/** Ends the second password. None there: nothing. */
export const DISCARD = 'DISCARD OLD PASSWORD'

/** Makes a password the first, and the only one. */
export const alone = (credential: Credential, { second }: AccountFacts): readonly string[] =>
  second === undefined ? [first(credential)] : [first(credential), DISCARD]

/** Whatever an account holds, afterwards it is the one password. */
export const keeping =
  (credential: Credential): Clauses =>
  facts => {
    // given anew, a password that has expired is valid again
    if (facts.expired || held(facts, facts.stored, credential.password) !== 'current') return alone(credential, facts)
    return facts.second === undefined ? [] : [DISCARD]
  }

/** Answers where the server's log of changes stands, so that readers can be waited for. No such account: `identity-mismatch`. */
export const changeAccounts = (
  context: Context,
  login: string,
  call: TargetCall,
  clauses: Clauses,
  check: (accounts: readonly AccountFacts[], at: string) => void = () => {},
  /** Under the lock, before the look. */
  prepare: (admin: Session) => Promise<void> = async () => {},
): Promise<Position> =>
  using(openAdmin(context, call), async admin => {
    const at = admin.endpoint.name
    await beginChange(admin, login, context, call)
    await prepare(admin)
    const accounts = await readAccounts(admin, login, context)
    if (accounts.length === 0)
      throw new RotationError('identity-mismatch', 'The login to change has no account on the configured hosts.', {
        at,
        next: 'Run `lockstep doctor NAME`: it prints the statement that creates the account.',
      })
    for (const facts of accounts) requireOurs(facts, context, at)
    check(accounts, at)
    await alter(admin, accounts, context, facts => clauses(facts, at))
    return positionOf(admin)
  })

async function alter(
  admin: Session,
  accounts: readonly AccountFacts[],
  { owner }: Context,
  clauses: (facts: AccountFacts) => readonly string[],
): Promise<void> {
  const changed = accounts.map(facts => ({ facts, clauses: clauses(facts) })).filter(each => each.clauses.length > 0)
  if (changed.length === 0) return
  const changes = changed.flatMap(each => each.clauses.map(clause => `${account(each.facts)} ${clause}`))
  const unmarked = changed.some(({ facts }) => facts.markable && facts.mark !== owner)
  // merged with the attributes that people gave it
  const mark = unmarked ? ` ATTRIBUTE ${text(JSON.stringify({ lockstep: owner }))}` : ''
  await admin.change(`ALTER USER ${changes.join(', ')}${mark}`)
}
