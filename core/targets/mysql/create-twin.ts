/**
 * A twin that is given what the current login has, where nobody else sees to that: for logins whose twin AWS's rotation template has made
 * and kept alike. Elsewhere what is missing is a finding of `examine`, and a person's to decide.
 * @module
 */
import { RotationError } from '../../errors.ts'
import { account, text } from '../mysql-wire/quote.ts'
import type { Session } from '../mysql-wire/session.ts'
import { type AccountFacts, readAccounts, requireOurs } from './accounts.ts'
import { first } from './change-accounts.ts'
import { alike, withAccount } from './examine-pair.ts'
import { unknownPassword } from './fresh.ts'
import type { Context } from './options.ts'
import { type Description, describe } from './survey.ts'

export interface Twins {
  /** The login that current names. */
  readonly model: string
  readonly twin: string
}

/**
 * Makes each account of the twin that is missing, with a password that nobody knows, and gives it the grants, default roles, TLS and
 * limits that it lacks; takes no grant away. Repeat: nothing is left to do. An account that is not ours to rotate, or whose rights no
 * other can be given: `not-ours`, `unsupported`, nothing changed. An admin without the rights to give: `permission-missing`.
 */
export async function createTwin(admin: Session, { model, twin }: Twins, context: Context): Promise<void> {
  const at = admin.endpoint.name
  const models = await readAccounts(admin, model, context)
  const there = await readAccounts(admin, twin, context)
  for (const facts of [...models, ...there]) requireOurs(facts, context, at)
  const descriptions = new Map<AccountFacts, Description>()
  for (const facts of models) descriptions.set(facts, requireCopyable(await describe(admin, account(facts)), facts, at))
  for (const [facts, description] of descriptions) {
    const other = { user: twin, host: facts.host }
    const exists = there.some(({ host }) => host === facts.host)
    if (!exists) await create(admin, account(other), facts, context)
    await align(admin, account(other), description)
  }
}

async function create(
  admin: Session,
  name: string,
  { plugin, markable }: AccountFacts,
  { owner }: Context,
): Promise<void> {
  const nobodys = first(unknownPassword(name)).replace(/^IDENTIFIED/, `IDENTIFIED WITH ${plugin}`)
  const mark = markable ? ` ATTRIBUTE ${text(JSON.stringify({ lockstep: owner }))}` : ''
  await admin.change(`CREATE USER ${name} ${nobodys}${mark}`)
}

/** Roles before those of them that are active by default. */
async function align(admin: Session, name: string, from: Description): Promise<void> {
  const to = await describe(admin, name)
  for (const grant of from.grants) if (!to.grants.includes(grant)) await admin.change(withAccount(grant, name))
  for (const statement of alike(from, to, name)) await admin.change(statement.replace(/;$/, ''))
}

/** With partial revokes the server lists what is taken away again: copied without it, the twin could do more. */
function requireCopyable(description: Description, facts: AccountFacts, at: string): Description {
  if (description.grants.every(grant => grant.startsWith('GRANT '))) return description
  throw new RotationError(
    'unsupported',
    `Some rights of ${account(facts)} are revoked for single databases, which is not copied to its twin.`,
    { at, next: 'Make the twin by hand: both logins with one role that has the rights.' },
  )
}
