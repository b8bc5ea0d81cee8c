/**
 * The one place where a password is changed: in a transaction that the server undoes if it comes too late, one at a time per
 * login, after a look at what the login is.
 * @module
 */
import { RotationError } from '../../errors.ts'
import { statementTimeout, type TargetCall } from '../../ports/rotation-target.ts'
import { marked } from '../common/mark.ts'
import type { Context } from './options.ts'
import { identifier, literal } from './quote.ts'
import { factsQuery, requireOurs, requireUsable, roleFacts } from './role.ts'
import type { Session } from './session.ts'

/** What must be left of the time when the server has answered at the latest. */
const MARGIN = 250
const MISSING = 'Run `lockstep doctor NAME`; with an admin secret `--fix` creates it.'

export interface PasswordChange {
  readonly login: string
  /** Null: no password, so that no login with one is possible. */
  readonly stored: string | null
  /** The session's own password, which needs no privilege; else somebody else's, by the admin, who also leaves our mark. */
  readonly by: 'itself' | 'admin'
  /** With `createTwin`: the login of which a missing one is made a member. */
  readonly memberOf?: string | undefined
}

/**
 * Changes a password and commits. Two round trips on purpose: between them the server waits for us no longer than
 * `idle_in_transaction_session_timeout`, so a statement that the network delivers late finds its transaction undone.
 */
export async function changePassword(
  session: Session,
  { login, stored, by, memberOf }: PasswordChange,
  context: Context,
  call: TargetCall,
): Promise<void> {
  // SET role of the login would make it somebody else, who may not change its password
  const asItself = by === 'itself' ? '; SET LOCAL ROLE NONE' : ''
  const begin = `${beginWithin(context, call, session.endpoint.name)}${asItself}; ${lockLogin(login)}`
  const [row] = await session.query(`${begin}; ${factsQuery(literal(login))}`)
  const at = session.endpoint.name
  const facts = roleFacts(row)
  if (facts === undefined) {
    if (stored === null) return // dropped meanwhile: it has no password any more
    if (context.createTwin === true && memberOf !== undefined)
      return createMember(session, { login, stored, memberOf }, context)
    throw new RotationError('identity-mismatch', 'The login to change does not exist.', { at, next: MISSING })
  }
  requireOurs(facts, context, at)
  if (stored !== null) requireUsable(facts, at)

  const mark = by === 'admin' ? marked(facts.comment, context.owner) : undefined
  const comment = mark === undefined ? '' : `COMMENT ON ROLE ${identifier(login)} IS ${literal(mark)}; `
  const password = stored === null ? 'NULL' : literal(stored)
  await session.change(`${comment}ALTER ROLE ${identifier(login)} PASSWORD ${password}; COMMIT`)
}

/** BEGIN, such that lock, look, wait and change together end before the deadline. */
export function beginWithin(context: Context, call: TargetCall, at: string): string {
  const each = Math.floor(statementTimeout(call, context.now(), MARGIN) / 4)
  if (each < 1) throw new RotationError('no-time', 'No time is left to make the change at the server.', { at })
  const limits = ['statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout']
  const within = limits.map(name => `SET LOCAL ${name} = ${each}`).join('; ')
  // names are looked up where only the server's own functions are
  return `BEGIN READ WRITE; ${within}; SET LOCAL search_path = pg_catalog, pg_temp`
}

/** Without it, concurrent changes of one role fail with XX000. Held per database, so every change goes through the writer's. */
export const lockLogin = (login: string): string =>
  `SELECT pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(${literal(`lockstep:${login}`)}, 0))`

/**
 * Within the transaction: a login with our mark and all that `memberOf` may do, if that one is ours to rotate. What the new login
 * creates is its own: the two share no owner role.
 */
async function createMember(
  session: Session,
  { login, stored, memberOf }: { readonly login: string; readonly stored: string; readonly memberOf: string },
  context: Context,
): Promise<void> {
  const model = roleFacts((await session.query(factsQuery(literal(memberOf))))[0])
  if (model !== undefined) requireOurs(model, context, session.endpoint.name)
  const create = `CREATE ROLE ${identifier(login)} LOGIN PASSWORD ${literal(stored)}`
  const grant = `GRANT ${identifier(memberOf)} TO ${identifier(login)}`
  const mark = `COMMENT ON ROLE ${identifier(login)} IS ${literal(marked(undefined, context.owner)!)}`
  await session.change(`${create}; ${grant}; ${mark}; COMMIT`)
}
