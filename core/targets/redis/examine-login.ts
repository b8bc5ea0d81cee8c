/**
 * What is wrong with the login, or the two, on one node.
 * @module
 */
import type { Finding } from '../../ports/rotation-target.ts'
import type { Credential } from '../../secret/credential.ts'
import { blocks, warns } from '../common/finding.ts'
import { type Account, accountOf, hashOf } from './account.ts'
import type { Context } from './options.ts'
import { DENIED, type Session } from './session.ts'
import { replicatesAs } from './topology.ts'

export async function examineLogin(
  node: Session,
  names: readonly string[],
  current: Credential,
  context: Context,
): Promise<readonly Finding[]> {
  const at = node.endpoint.name
  // denied: examineRights says so
  const denied = (await node.askUnless(DENIED, ['ACL', 'GETUSER', current.username])) === undefined
  if (denied) return []
  const accounts = await Promise.all(names.map(name => accountOf(node, name)))
  const replicating = await Promise.all(names.map(name => replicatesAs(node, name)))
  return [
    ...names.flatMap((name, i) => [...oneLogin(name, accounts[i], replicating[i] === true, at, context)]),
    ...passwords(accounts[0], current, at, context),
    ...differences(names, accounts, at),
  ]
}

function* oneLogin(
  name: string,
  account: Account | undefined,
  replicates: boolean,
  at: string,
  { replication }: Context,
): Iterable<Finding> {
  if (account === undefined)
    return yield blocks('login-missing', `${at} has no user ${name}.`, {
      remedy: `ACL SETUSER ${name} on … with the rules that it has on the other nodes, or that its twin has`,
    })
  if (!account.enabled)
    yield blocks('login-off', `${name} is off on ${at}. If nobody locked it on purpose, unlock it.`, {
      remedy: `ACL SETUSER ${name} on`,
    })
  if (account.anyPassword)
    yield blocks('nopass', `${name} accepts any password on ${at}.`, {
      remedy: `ACL SETUSER ${name} resetpass >PASSWORD`,
    })
  if (replicates && replication !== true)
    yield blocks('replication-login', `${at} replicates as ${name}: its link would not come back after a rotation.`, {
      remedy: 'Set `replication: true`, or give the replicas a user of their own.',
    })
}

/** More than current's and one other: the next rotation would stop. With one other it may be a rotation under way. */
function* passwords(
  account: Account | undefined,
  current: Credential,
  at: string,
  context: Context,
): Iterable<Finding> {
  if (account === undefined || context.strategy === 'alternating-users' || context.adopt === true) return
  const others = account.hashes.filter(hash => hash !== hashOf(current))
  if (others.length === 0) return
  const finding = others.length > 1 ? blocks : warns
  yield finding(
    'other-passwords',
    `${current.username} has ${others.length} more passwords than current's on ${at}. One may be of a rotation that is not finished.`,
    { remedy: `ACL GETUSER ${current.username}, then ACL SETUSER ${current.username} !HASH for each that nobody uses` },
  )
}

function* differences(
  names: readonly string[],
  [account, twin]: readonly (Account | undefined)[],
  at: string,
): Iterable<Finding> {
  if (account === undefined || twin === undefined || account.rules === twin.rules) return
  yield blocks('rules-differ', `${names[0]} and ${names[1]} have different rules on ${at}.`, {
    remedy: `ACL GETUSER ${names[0]}, then ACL SETUSER ${names[1]} reset on with the same rules`,
  })
}
