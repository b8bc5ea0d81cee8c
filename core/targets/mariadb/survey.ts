/**
 * Everything that `examine` looks at, read on one session without changing anything.
 * @module
 */
import { isRotationError } from '../../errors.ts'
import { type Account, accountOf } from '../mysql-wire/logins.ts'
import { account, quotingMode } from '../mysql-wire/quote.ts'
import type { Session } from '../mysql-wire/session.ts'
import { type AccountFacts, readAccounts, unsupportedKind } from './accounts.ts'
import type { Context } from './options.ts'
import { ownMethods, rulesOthers } from './own-account.ts'
import { isReadOnly, isStrict, SERVER_FACTS } from './refusals.ts'

export interface Survey {
  /** Who looked: the admin, or the current login itself. */
  readonly asker: Account
  readonly createsUsers: boolean
  /** Of each login: every account for the admin, else the own one. Undefined: not to be seen. */
  readonly accounts: ReadonlyMap<string, readonly AccountFacts[]> | undefined
  /** By account, with the account's own name and passwords left out. Undefined: not to be seen, or not needed. */
  readonly grants: ReadonlyMap<string, readonly string[]> | undefined
  readonly readOnly: boolean
  readonly strict: boolean
}

export async function survey(session: Session, context: Context, names: readonly string[]): Promise<Survey> {
  await session.query(`SET SESSION ${quotingMode}`)
  const asker = await accountOf(session)
  const rights = await grantsOf(session, 'CURRENT_USER()')
  const accounts = context.admin
    ? await unlessDenied(() => accountsOf(session, context, names))
    : new Map([[asker.user, [await ownAccount(session, asker)]]])
  const everyone = [...(accounts?.values() ?? [])].flat()
  const [server] = await session.query(`SELECT ${SERVER_FACTS}`)
  return {
    asker,
    createsUsers: rights.some(grant => /^GRANT (ALL PRIVILEGES|.*\bCREATE USER\b).* ON \*\.\*/.test(grant)),
    accounts,
    grants: names.length < 2 ? undefined : await unlessDenied(() => grantsOfAll(session, everyone)),
    readOnly: isReadOnly(server!),
    strict: isStrict(server!),
  }
}

async function accountsOf(session: Session, context: Context, names: readonly string[]) {
  const found = new Map<string, readonly AccountFacts[]>()
  for (const name of names) found.set(name, await readAccounts(session, name, context))
  return found
}

/** Locked and expired it could not have looked. */
const ownAccount = async (session: Session, own: Account): Promise<AccountFacts> => ({
  ...own,
  methods: await ownMethods(session),
  locked: false,
  expired: false,
  privileged: await rulesOthers(session, own),
})

async function unlessDenied<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read()
  } catch (error) {
    if (isRotationError(error, 'permission-missing')) return undefined
    throw error
  }
}

async function grantsOfAll(session: Session, accounts: readonly AccountFacts[]) {
  const found = new Map<string, readonly string[]>()
  // what the server's own accounts may do is nobody's model
  for (const facts of accounts.filter(each => unsupportedKind(each) === undefined))
    found.set(account(facts), await grantsOfAccount(session, account(facts)))
  return found
}

/** What an account may do, a statement a privilege, with `?` for the account. `of` is quoted already. */
export const grantsOfAccount = async (session: Session, of: string): Promise<readonly string[]> =>
  (await grantsOf(session, of)).map(nameless).flatMap(oneByOne).filter(isGrant).sort()

/** The server answers with the hashes of the account: nothing of them is kept. */
const nameless = (grant: string): string =>
  grant
    .replace(/( (?:TO|FOR)) `(?:[^`]|``)*`@`(?:[^`]|``)*`/, '$1 ?')
    .replace(/ IDENTIFIED (?:BY|VIA) .*?(?= REQUIRE | WITH |$)/s, '')

/** A privilege at a time, for the server lists those on one object together. Commas between columns stay. */
function oneByOne(grant: string): readonly string[] {
  const [, privileges, on] = /^GRANT (.*?)( ON .*)$/s.exec(grant) ?? []
  if (privileges === undefined) return [grant]
  return privileges.split(/, (?![^(]*\))/).map(privilege => `GRANT ${privilege}${on}`)
}

const isGrant = (grant: string): boolean => !/^GRANT USAGE ON \*\.\* TO \?$/.test(grant)

async function grantsOf(session: Session, of: string): Promise<readonly string[]> {
  const rows = await session.query(`SHOW GRANTS FOR ${of}`)
  return rows.map(row => String(Object.values(row)[0]))
}
