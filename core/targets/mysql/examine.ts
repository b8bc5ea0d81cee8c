/**
 * What stands in the way of a rotation, found by looking: for `plan`, `check` and `doctor`. There are no repairs: whatever is amiss with
 * a MySQL account is a right, or a lock, that a person gave.
 * @module
 */
import type { Finding, TargetCall } from '../../ports/rotation-target.ts'
import type { Credential } from '../../secret/credential.ts'
import { writerOf } from '../common/endpoint.ts'
import { adminFindings, blocks, tlsFindings, warns } from '../common/finding.ts'
import { using } from '../common/logins.ts'
import { twinOf } from '../common/twin.ts'
import { openAdmin, openSession } from '../mysql-wire/connect.ts'
import { account } from '../mysql-wire/quote.ts'
import { examineAccount, missing } from './examine-account.ts'
import { examinePair } from './examine-pair.ts'
import type { Context } from './options.ts'
import { type Survey, survey } from './survey.ts'

/** The contract's `examine`. */
export async function examine(context: Context, current: Credential, call: TargetCall): Promise<readonly Finding[]> {
  const twin = context.strategy === 'alternating-users' ? twinOf(context.users, current.username) : undefined
  const names = twin === undefined ? [current.username] : [current.username, twin]
  const session = context.admin ? openAdmin(context, call) : openSession(context, writerOf(context), current, call)
  const seen = await using(session, opened => survey(opened, context, names))
  return [
    ...configuration(context),
    ...examineServer(seen),
    ...(context.admin ? examineAdmin(context, seen) : examineSelf(context, seen)),
    ...names.flatMap(name => [...examineLogin(context, seen, name, current.username)]),
    ...(twin === undefined ? [] : examinePair(seen, current.username, twin)),
  ]
}

function* configuration({ tls, strategy, admin, hosts }: Context): Iterable<Finding> {
  yield* tlsFindings(tls, 'new passwords, and everything else, can be read on the way.')
  yield* adminFindings(strategy, admin)
  if (hosts !== undefined && hosts.length > 1 && admin === undefined)
    yield blocks(
      'admin-missing',
      'Without an admin secret the login changes one of its accounts only: the one that lets it in.',
    )
}

function* examineServer({ readOnly }: Survey): Iterable<Finding> {
  if (readOnly)
    yield blocks('read-only', 'The writer is read-only: it is a replica, or somebody keeps it so.', {
      remedy: 'SET GLOBAL super_read_only = OFF; SET GLOBAL read_only = OFF;',
    })
}

function* examineAdmin({ strategy }: Context, seen: Survey): Iterable<Finding> {
  const me = account(seen.asker)
  if (seen.accounts === undefined)
    yield blocks(
      'admin-rights',
      `The admin ${me} may not see which accounts a login has, nor what passwords they hold.`,
      {
        remedy: `GRANT SELECT ON mysql.user TO ${me}; GRANT SELECT ON mysql.global_grants TO ${me};`,
      },
    )
  if (!seen.rights.may('CREATE USER'))
    yield blocks('admin-rights', `The admin ${me} lacks CREATE USER, without which it changes no account.`, {
      remedy: `GRANT CREATE USER ON *.* TO ${me};`,
    })
  if (strategy === 'alternating-users' && seen.descriptions === undefined)
    yield warns('grants-hidden', `The admin ${me} cannot compare the grants of the two logins.`, {
      remedy: `GRANT SELECT ON mysql.* TO ${me};`,
    })
  if (strategy === 'alternating-users' && !['PROCESS', 'CONNECTION_ADMIN'].every(right => seen.rights.may(right)))
    yield warns(
      'sessions-hidden',
      `The admin ${me} cannot end sessions of the previous login, in an emergency neither.`,
      {
        remedy: `GRANT PROCESS, CONNECTION_ADMIN ON *.* TO ${me};`,
      },
    )
}

function* examineSelf({ strategy }: Context, seen: Survey): Iterable<Finding> {
  if (strategy !== 'dual-password') return
  const me = account(seen.asker)
  if (!['APPLICATION_PASSWORD_ADMIN', 'CREATE USER'].some(right => seen.rights.may(right)))
    yield blocks('dual-password-rights', `${me} may not keep two passwords, and there is no admin secret.`, {
      remedy: `GRANT APPLICATION_PASSWORD_ADMIN ON *.* TO ${me};`,
    })
  if (seen.remembers)
    yield blocks(
      'password-history',
      `The server refuses passwords that ${me} has had before. Without an admin secret, the old password then cannot be ended safely.`,
    )
}

function* examineLogin(context: Context, { accounts }: Survey, name: string, current: string): Iterable<Finding> {
  const own = accounts?.get(name)
  if (own === undefined) return
  if (own.length === 0) return yield missing(accounts?.get(current) ?? [], name, current)
  for (const facts of own) yield* examineAccount(context, facts, current)
}
