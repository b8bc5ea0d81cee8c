/**
 * The one place where the admin changes accounts: all those of a login in one statement, under the lock of the login, after a look at
 * what they are.
 * @module
 */
import { isRotationError, RotationError } from '../../errors.ts'
import { statementTimeout, type TargetCall } from '../../ports/rotation-target.ts'
import { using } from '../common/logins.ts'
import { beginChange } from '../mysql-wire/change.ts'
import { openAdmin } from '../mysql-wire/connect.ts'
import type { Account } from '../mysql-wire/logins.ts'
import { account } from '../mysql-wire/quote.ts'
import type { Session } from '../mysql-wire/session.ts'
import { type AccountFacts, readAccounts, requireOurs } from './accounts.ts'
import { identified } from './methods.ts'
import type { Context } from './options.ts'
import { type Position, positionOf } from './position.ts'
import { changed, requireWritable } from './refusals.ts'

/** The hashes that an account is to have, and no other; undefined: it stays as it is. */
export type Wanted = (facts: AccountFacts, at: string) => readonly string[] | undefined

/** Answers where the server's binlog stands, so that readers can be waited for. No such account: `identity-mismatch`. */
export const changeAccounts = (
  context: Context,
  login: string,
  call: TargetCall,
  wanted: Wanted,
  check: (accounts: readonly AccountFacts[], at: string) => void = () => {},
  /** Under the lock, before the look. */
  prepare: (admin: Session) => Promise<void> = async () => {},
): Promise<Position> =>
  using(openAdmin(context, call), async admin => {
    const at = admin.endpoint.name
    await beginChange(admin, login, context, call)
    const [server] = await admin.query('SELECT @@GLOBAL.read_only AS read_only')
    requireWritable(server, at)
    await prepare(admin)
    const accounts = await readAccounts(admin, login, context)
    if (accounts.length === 0)
      throw new RotationError('identity-mismatch', 'The login to change has no account on the configured hosts.', {
        at,
        next: 'Run `lockstep doctor NAME`: it prints the statement that creates the account.',
      })
    for (const facts of accounts) requireOurs(facts, at)
    check(accounts, at)
    const changes = accounts.flatMap(facts => {
      const hashes = wanted(facts, at)
      return hashes === undefined ? [] : [`${account(facts)} ${identified(...hashes)}`]
    })
    if (changes.length > 0)
      await asAWhole(admin, accounts, context, () =>
        changed(admin, `${within(context, call)} ALTER USER ${changes.join(', ')}`),
      )
    return positionOf(admin)
  })

/** The server gives a statement up that has not got to the end by then: before the deadline, whatever it waits for. */
export const within = (context: Context, call: TargetCall): string =>
  `SET STATEMENT max_statement_time = ${(statementTimeout(call, context.now(), 250) / 3000).toFixed(3)} FOR`

/** The server changes one account after the other: what it refuses in the end may have been done in part, and then is no refusal. */
async function asAWhole(
  admin: Session,
  before: readonly AccountFacts[],
  context: Context,
  change: () => Promise<void>,
): Promise<void> {
  try {
    await change()
  } catch (error) {
    if (before.length === 1 || !isRotationError(error) || error.code === 'unknown-outcome') throw error
    const after = await readAccounts(admin, before[0]!.user, context)
    if (JSON.stringify(after) === JSON.stringify(before)) throw error
    throw new RotationError(
      'unknown-outcome',
      'The server changed some of the accounts of the login, and not others.',
      {
        at: error.at,
        foreign: error.foreign,
      },
    )
  }
}

/** The account that let current in must be among those that are changed. */
export const includingOwn =
  (own: Account) =>
  (accounts: readonly AccountFacts[], at: string): void => {
    if (!accounts.some(({ host }) => host === own.host)) throw elsewhere(own, at)
  }

export const elsewhere = (own: Account, at: string): RotationError =>
  new RotationError('identity-mismatch', `The current login is let in as ${account(own)}.`, {
    at,
    next: 'Add the host part of that account to `hosts`.',
  })
