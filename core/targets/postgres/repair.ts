/**
 * Statements that make a login what the rotation needs, as text for people and as a repair that `doctor --fix` may run. Each can
 * be repeated.
 * @module
 */
import type { TargetCall } from '../../ports/rotation-target.ts'
import { using } from '../common/logins.ts'
import { marked } from '../common/mark.ts'
import { beginWithin, lockLogin } from './change-password.ts'
import { openAdmin } from './connect.ts'
import type { Context } from './options.ts'
import { identifier, literal } from './quote.ts'
import { factsQuery, roleFacts } from './role.ts'
import type { Setting } from './survey.ts'

/** Without a password: nobody can log in until the first rotation sets one. */
export const createLogin = (login: string, connectionLimit: number): string =>
  `CREATE ROLE ${identifier(login)} LOGIN PASSWORD NULL CONNECTION LIMIT ${connectionLimit}`

/** May become the owner, but holds none of its rights before it does. */
export const grantOwner = (owner: string, login: string, version: number): string =>
  `GRANT ${identifier(owner)} TO ${identifier(login)}${version >= 160000 ? ' WITH INHERIT FALSE, SET TRUE' : ''}`

export const setRole = (owner: string, login: string): string =>
  `ALTER ROLE ${identifier(login)} SET role TO ${literal(owner)}`

export const setConnectionLimit = (login: string, limit: number): string =>
  `ALTER ROLE ${identifier(login)} CONNECTION LIMIT ${limit}`

export function copySetting(login: string, { database, name, value }: Setting): string {
  const who = `ALTER ROLE ${identifier(login)}${database === null ? '' : ` IN DATABASE ${identifier(database)}`}`
  return `${who} SET ${settingName(name)} TO ${NAME_LIST.test(name) ? nameList(value) : literal(value)}`
}

// lists of names, each quoted on its own: as one text they would be taken for one name
const NAME_LIST = /^(search_path|temp_tablespaces|(session|shared|local)_preload_libraries)$/

/** Taken apart and quoted anew: who may set it for their login could otherwise put a statement into ours. */
function nameList(value: string): string {
  const names = value.match(/"(?:[^"]|"")*"|[^,\s]+/g) ?? ['']
  const plain = (name: string) => (name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name.toLowerCase())
  return names.map(name => literal(plain(name))).join(', ')
}

/** `myapp.tenant` is a name of two parts. */
const settingName = (name: string): string => name.split('.').map(identifier).join('.')

/** Runs statements about one login as the admin, in one transaction, with the limits and the lock of every change. */
export const repair =
  (context: Context, login: string, statements: readonly string[]) =>
  (call: TargetCall): Promise<void> =>
    using(openAdmin(context, call), async admin => {
      await admin.query(`${beginWithin(context, call, admin.endpoint.name)}; ${lockLogin(login)}`)
      await admin.change(`${statements.join('; ')}; COMMIT`)
    })

/** Creates the login unless it is there meanwhile; marks it as ours; then the rest. */
export const repairMissing =
  (context: Context, login: string, create: string, rest: readonly string[]) =>
  (call: TargetCall): Promise<void> =>
    using(openAdmin(context, call), async admin => {
      const begin = `${beginWithin(context, call, admin.endpoint.name)}; ${lockLogin(login)}`
      const [row] = await admin.query(`${begin}; ${factsQuery(literal(login))}`)
      const mark = `COMMENT ON ROLE ${identifier(login)} IS ${literal(marked(undefined, context.owner)!)}`
      const first = roleFacts(row) === undefined ? [create, mark] : []
      await admin.change(`${[...first, ...rest].join('; ')}; COMMIT`)
    })
