/**
 * What stands in the way of a rotation, found by looking: for `plan`, `check` and `doctor`. Repairs exist where they take nothing
 * away from anybody: adopting a user, or letting it in from elsewhere, is a person's decision.
 * @module
 */
import type { Finding, TargetCall } from '../../ports/rotation-target.ts'
import type { Credential } from '../../secret/credential.ts'
import { adminFindings, blocks, tlsFindings } from '../common/finding.ts'
import { using } from '../common/logins.ts'
import { twinOf } from '../common/twin.ts'
import { wireIsOpen } from './change-password.ts'
import { openAdmin, openSession, openWritable } from './connect.ts'
import { examineDifferences } from './examine-pair.ts'
import { examineRights, privilegesOf } from './examine-rights.ts'
import type { Context } from './options.ts'
import { createTwin } from './repair.ts'
import { foreignMark, fullFacts, type UserFacts, unsupportedKind } from './users.ts'

/** The contract's `examine`. */
export async function examine(context: Context, current: Credential, call: TargetCall): Promise<readonly Finding[]> {
  const twin = context.strategy === 'alternating-users' ? twinOf(context.users, current.username) : undefined
  const opening = openWritable(context, endpoint =>
    context.admin ? openAdmin(context, endpoint, call) : openSession(context, endpoint, current, call),
  )
  return using(opening, async session => {
    const facts = await fullFacts(session, current.username, context, call)
    const other = twin === undefined ? undefined : await fullFacts(session, twin, context, call)
    return [
      ...configuration(context),
      ...(facts === undefined ? [missing(current.username, context)] : examineUser(facts, context)),
      ...(other === undefined ? [] : examineUser(other, context)),
      ...(twin !== undefined && other === undefined ? [twinMissing(twin, facts, context)] : []),
      ...(facts === undefined || other === undefined ? [] : examineDifferences(context, facts, other)),
      ...examineRights(context, await privilegesOf(session, context, call)),
    ]
  })
}

function* configuration(context: Context): Iterable<Finding> {
  yield* tlsFindings(context.tls, 'new passwords and all data can be read and changed on the way.')
  if (wireIsOpen(context))
    yield blocks('plaintext-refused', 'New passwords travel to MongoDB as they are, and TLS is disabled.', {
      remedy: 'Enable tls. Only if the way is private by other means: plaintext: true.',
    })
  yield* adminFindings(context.strategy, context.admin)
}

const missing = (name: string, { authSource }: Context): Finding =>
  blocks('user-missing', `${name} does not exist in the database ${authSource}; a user exists in one database only.`, {
    remedy: 'Name the database in which the user was created as authSource.',
  })

function* examineUser(facts: UserFacts, context: Context): Iterable<Finding> {
  const kind = unsupportedKind(facts, context)
  if (kind !== undefined) yield blocks('unsupported-login', `${facts.name} is not rotated: ${kind}.`)
  if (foreignMark(facts, context) && context.adopt !== true)
    yield blocks(
      'foreign-mark',
      `customData of ${facts.name} says that another configuration owns it. If that is gone: adopt it.`,
    )
}

/** Modelled on the current user, whose absence is another finding. */
function twinMissing(name: string, model: UserFacts | undefined, context: Context): Finding {
  const explanation = `The user ${name} does not exist in the database ${context.authSource}.`
  if (model === undefined) return blocks('twin-missing', explanation)
  return blocks('twin-missing', explanation, createTwin(context, name, model))
}
