/**
 * A twin that is given what the current login has, where nobody else sees to that: for logins whose twin AWS's rotation template has made
 * and kept alike. Elsewhere what is missing is a finding of `examine`, and a person's to decide.
 * @module
 */
import { account } from '../mysql-wire/quote.ts'
import type { Session } from '../mysql-wire/session.ts'
import { readAccounts, requireOurs } from './accounts.ts'
import { nobodysHash } from './hash.ts'
import { identified } from './methods.ts'
import type { Context } from './options.ts'
import { changed } from './refusals.ts'
import { grantsOfAccount } from './survey.ts'

export interface Twins {
  /** The login that current names. */
  readonly model: string
  readonly twin: string
}

/**
 * Makes each account of the twin that is missing, with a password that nobody knows, and gives it the grants, roles, TLS and limits that it
 * lacks; takes none away. Repeat: nothing is left to do. An account that is not ours to rotate: `unsupported`, nothing changed. An admin
 * without the rights to give: `permission-missing`.
 */
export async function createTwin(admin: Session, { model, twin }: Twins, context: Context): Promise<void> {
  const at = admin.endpoint.name
  const models = await readAccounts(admin, model, context)
  const there = await readAccounts(admin, twin, context)
  for (const facts of [...models, ...there]) requireOurs(facts, at)
  for (const facts of models) {
    const name = account({ user: twin, host: facts.host })
    if (!there.some(({ host }) => host === facts.host))
      await changed(admin, `CREATE USER ${name} ${identified(nobodysHash())}`)
    await align(admin, account(facts), name)
  }
}

/** A default role is granted before it is made the default: both are lines of the same answer. */
async function align(admin: Session, from: string, to: string): Promise<void> {
  const has = await grantsOfAccount(admin, to)
  const lacking = (await grantsOfAccount(admin, from)).filter(grant => !has.includes(grant))
  const [defaults, grants] = [lacking.filter(isDefault), lacking.filter(grant => !isDefault(grant))]
  for (const grant of [...grants, ...defaults])
    await changed(
      admin,
      grant.replace('?', () => to),
    )
}

const isDefault = (grant: string): boolean => grant.startsWith('SET DEFAULT ROLE ')
