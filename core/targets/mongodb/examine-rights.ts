/**
 * Whether who makes the change may make it.
 * @module
 */
import type { Document } from 'mongodb'
import { isRotationError } from '../../errors.ts'
import type { Finding, TargetCall } from '../../ports/rotation-target.ts'
import { blocks } from '../common/finding.ts'
import type { Context } from './options.ts'
import type { Session } from './session.ts'
import { within } from './users.ts'

interface Privilege {
  readonly resource: Readonly<Record<string, unknown>>
  readonly actions: readonly string[]
}

/** What the session's user may do; undefined where the server does not say. */
export async function privilegesOf(
  session: Session,
  context: Context,
  call: TargetCall,
): Promise<readonly Privilege[] | undefined> {
  const limit = within(context, call, session.endpoint.name)
  try {
    const { authInfo } = await session.run('admin', { connectionStatus: 1, showPrivileges: true, ...limit })
    return (authInfo as Document | undefined)?.authenticatedUserPrivileges as readonly Privilege[] | undefined
  } catch (error) {
    if (!isRotationError(error, 'unsupported')) throw error
    return undefined
  }
}

/** Asked of the admin if there is one, else of the current user, who must change its own password. */
export function* examineRights(
  { admin, authSource, strategy }: Context,
  privileges: readonly Privilege[] | undefined,
): Iterable<Finding> {
  if (privileges === undefined) return
  const may = (action: string) =>
    privileges.some(({ resource, actions }) => covers(resource, authSource) && has(actions, action))
  const role = (actions: readonly string[]) => {
    const resource = { db: authSource, collection: '' }
    const definition = { role: 'lockstep', privileges: [{ resource, actions }], roles: [] }
    return { remedy: `db.getSiblingDB(${JSON.stringify(authSource)}).createRole(${JSON.stringify(definition)})` }
  }
  const needed = admin ? ['changePassword', 'viewUser'] : ['changeOwnPassword']
  const lacking = needed.filter(action => !may(action))
  if (lacking.length === 0 || (admin === undefined && strategy === 'alternating-users')) return
  const who = admin ? 'The admin' : 'The current user'
  yield blocks(
    'admin-rights',
    `${who} may not ${lacking.join(', ')} in the database ${authSource}. Grant it a role that may.`,
    role(needed),
  )
}

/** `{ anyResource }`, the database itself, or every database. */
const covers = ({ anyResource, db, collection }: Privilege['resource'], database: string): boolean =>
  anyResource === true || ((db === database || db === '') && collection === '')

const has = (actions: readonly string[], action: string): boolean =>
  actions.includes(action) || actions.includes('anyAction')
