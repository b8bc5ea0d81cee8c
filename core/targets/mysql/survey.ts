/**
 * Everything that `examine` looks at, read on one session without changing anything.
 * @module
 */
import { isRotationError } from '../../errors.ts'
import { type Account, accountOf } from '../mysql-wire/logins.ts'
import { account, quotingMode } from '../mysql-wire/quote.ts'
import type { Session } from '../mysql-wire/session.ts'
import { type AccountFacts, readAccounts } from './accounts.ts'
import type { Context } from './options.ts'
import { grantsOf, type Rights, rightsOf } from './rights.ts'

export interface Survey {
  /** Who looked: the admin, or the current login itself. */
  readonly asker: Account
  readonly rights: Rights
  /** Of each login, as an admin sees them; undefined: not to be seen. */
  readonly accounts: ReadonlyMap<string, readonly AccountFacts[]> | undefined
  /** By account, its own name left out; undefined: not to be seen. */
  readonly descriptions: ReadonlyMap<string, Description> | undefined
  readonly readOnly: boolean
  /** Passwords that were used before are refused, on the server or for the asker's account. */
  readonly remembers: boolean
}

export interface Description {
  readonly grants: readonly string[]
  /** `DEFAULT ROLE …`, or empty. */
  readonly defaultRole: string
  /** `REQUIRE … WITH …`: TLS and limits. */
  readonly limits: string
}

export async function survey(session: Session, context: Context, names: readonly string[]): Promise<Survey> {
  await session.query(`SET SESSION ${quotingMode}`)
  const asker = await accountOf(session)
  const accounts =
    context.admin === undefined ? undefined : await unlessDenied(() => accountsOf(session, context, names))
  const everyone = [...(accounts?.values() ?? [])].flat()
  return {
    asker,
    rights: await rightsOf(session),
    accounts,
    descriptions: names.length < 2 ? undefined : await unlessDenied(() => describeAll(session, everyone)),
    ...(await serverState(session)),
  }
}

async function accountsOf(session: Session, context: Context, names: readonly string[]) {
  const found = new Map<string, readonly AccountFacts[]>()
  for (const name of names) found.set(name, await readAccounts(session, name, context))
  return found
}

async function unlessDenied<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read()
  } catch (error) {
    if (isRotationError(error, 'permission-missing')) return undefined
    throw error
  }
}

async function describeAll(session: Session, accounts: readonly AccountFacts[]) {
  const found = new Map<string, Description>()
  for (const facts of accounts) found.set(account(facts), await describe(session, account(facts)))
  return found
}

/** Names are quoted with backticks in what the server answers. */
export async function describe(session: Session, name: string): Promise<Description> {
  const nameless = (statement: string) => statement.replace(/ TO `(?:[^`]|``)*`@`(?:[^`]|``)*`/, '')
  const grants = (await grantsOf(session, name)).map(nameless).filter(grant => grant !== 'GRANT USAGE ON *.*')
  const [row] = await session.query(`SHOW CREATE USER ${name}`)
  const created = String(Object.values(row ?? {})[0])
  return { grants: grants.sort(), ...optionsIn(created) }
}

/** What of CREATE USER makes a difference to consumers. */
function optionsIn(created: string): Pick<Description, 'defaultRole' | 'limits'> {
  const found = /(?: (DEFAULT ROLE .*?))? (REQUIRE .*?)(?= PASSWORD EXPIRE )/.exec(created)
  return { defaultRole: found?.[1] ?? '', limits: found?.[2] ?? '' }
}

async function serverState(session: Session): Promise<Pick<Survey, 'readOnly' | 'remembers'>> {
  const [row] = await session.query(`SELECT @@GLOBAL.read_only OR @@GLOBAL.super_read_only AS read_only,
    @@GLOBAL.password_history > 0 OR @@GLOBAL.password_reuse_interval > 0 AS remembers`)
  const [own] = await session.query('SHOW CREATE USER CURRENT_USER()')
  const ownPolicy = /PASSWORD HISTORY \d|PASSWORD REUSE INTERVAL \d/.test(String(Object.values(own ?? {})[0]))
  return { readOnly: row?.read_only === 1, remembers: row?.remembers === 1 || ownPolicy }
}
