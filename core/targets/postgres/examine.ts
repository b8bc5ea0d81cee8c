/**
 * What stands in the way of a rotation, found by looking: for `plan`, `check` and `doctor`. Repairs exist where they take nothing
 * away from anybody: unlocking, extending or adopting a login is a person's decision.
 * @module
 */
import type { Finding, TargetCall } from '../../ports/rotation-target.ts'
import type { Credential } from '../../secret/credential.ts'
import { writerOf } from '../common/endpoint.ts'
import { adminFindings, tlsFindings, warns } from '../common/finding.ts'
import { using } from '../common/logins.ts'
import { twinOf } from '../common/twin.ts'
import { openAdmin, openSession } from './connect.ts'
import { examineLogin } from './examine-login.ts'
import { examineDifferences, examineRights } from './examine-pair.ts'
import type { Context } from './options.ts'
import { survey } from './survey.ts'

/** The contract's `examine`. */
export async function examine(context: Context, current: Credential, call: TargetCall): Promise<readonly Finding[]> {
  const twin = context.strategy === 'alternating-users' ? twinOf(context.users, current.username) : undefined
  const names = twin === undefined ? [current.username] : [current.username, twin]
  const session = context.admin ? openAdmin(context, call) : openSession(context, writerOf(context), current, call)
  const seen = await using(session, opened => survey(opened, context, names))
  return [
    ...configuration(context),
    ...names.flatMap(name => [...examineLogin(context, seen, name, current.username)]),
    ...(twin === undefined ? [] : examineRights(context, seen, names)),
    ...(twin === undefined ? [] : examineDifferences(context, seen, current.username, twin)),
  ]
}

function* configuration({ hash = 'scram-sha-256', tls, strategy, admin }: Context): Iterable<Finding> {
  if (hash !== 'scram-sha-256')
    yield warns(
      'weak-hash',
      `Passwords are sent as ${hash}: they can be read, or found out, from the log of the server.`,
    )
  yield* tlsFindings(tls, 'everything but the password itself can be read and changed on the way.')
  yield* adminFindings(strategy, admin)
}
