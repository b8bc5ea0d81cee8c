/**
 * What stands in the way of a rotation, found by looking: for `plan`, `check` and `doctor`. There are no repairs: whatever is amiss with
 * an account is a right, a plugin or a lock that a person gave.
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
import { STRICT_REMEDY } from './refusals.ts'
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
    ...(context.admin ? examineAdmin(context, seen) : []),
    ...names.flatMap(name => [...examineLogin(context, seen, name, current.username)]),
    ...(twin === undefined ? [] : examinePair(seen, current.username, twin)),
  ]
}

function* configuration({ tls, strategy, admin, hosts }: Context): Iterable<Finding> {
  yield* tlsFindings(tls, 'everything but the passwords can be read and changed on the way.')
  yield* adminFindings(strategy, admin)
  if (admin !== undefined) return
  if (strategy === 'dual-password')
    yield blocks('admin-missing', 'Two passwords need an admin secret: a login cannot give itself a second one.')
  if (hosts !== undefined && hosts.length > 1)
    yield blocks(
      'admin-missing',
      'Without an admin secret the login changes one of its accounts only: the one that lets it in.',
    )
}

function* examineServer({ readOnly, strict }: Survey): Iterable<Finding> {
  if (readOnly)
    yield blocks('read-only', 'The writer is read-only: it is a replica, or somebody keeps it so.', {
      remedy: 'SET GLOBAL read_only = OFF;',
    })
  if (strict)
    yield blocks(
      'validation-strict',
      'A password validation plugin insists on passwords in clear, which would stay in general log and binlog; hashes are refused.',
      { remedy: STRICT_REMEDY },
    )
}

function* examineAdmin({ strategy }: Context, seen: Survey): Iterable<Finding> {
  const me = account(seen.asker)
  if (seen.accounts === undefined)
    yield blocks('admin-rights', `The admin ${me} may not see which accounts a login has, nor how they are let in.`, {
      remedy: `GRANT SELECT ON mysql.global_priv TO ${me};`,
    })
  if (!seen.createsUsers)
    yield blocks('admin-rights', `The admin ${me} lacks CREATE USER, without which it changes no account.`, {
      remedy: `GRANT CREATE USER ON *.* TO ${me};`,
    })
  if (strategy === 'alternating-users' && seen.grants === undefined)
    yield warns('grants-hidden', `The admin ${me} cannot compare the grants of the two logins.`, {
      remedy: `GRANT SELECT ON mysql.* TO ${me};`,
    })
}

function* examineLogin(context: Context, { accounts }: Survey, name: string, current: string): Iterable<Finding> {
  const own = accounts?.get(name)
  if (own === undefined) return
  if (own.length === 0) return yield missing(accounts?.get(current) ?? [], name, current)
  for (const facts of own) yield* examineAccount(context, facts, current)
}
