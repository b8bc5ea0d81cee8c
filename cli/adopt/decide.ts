/**
 * What becomes of a secret that AWS's rotation knows: a secret of `lockstep.yml`, or left as it is, with the reason. Pure.
 * @module
 */
import type { Connection, Listed } from '../../aws/inventory.ts'
import { type Adopting, adopting } from './engines.ts'
import { functionName, type Template, templateOfFunction, templateOfValue } from './templates.ts'

/** What can be said about a secret: its entry in the list, and its value if that was asked for. */
export interface Seen {
  readonly listed: Listed
  /** Undefined: not read. `unreadable`: read, and not in the documented format, or denied. */
  readonly connection?: Connection | 'unreadable' | 'denied'
}

export interface Adopted {
  readonly becomes: 'single-user' | 'alternating-users'
  readonly template: Template
  readonly engine: Adopting
  readonly connection: Connection
  /** Keys of `lockstep.yml` that a person has to fill in. */
  readonly missing: readonly string[]
}

export interface LeftAlone {
  readonly becomes: 'stays'
  readonly template?: Template
  readonly reason: string
}

export type Decision = { readonly listed: Listed } & (Adopted | LeftAlone)

/** Whether a value would tell more: of what nobody will adopt, none is read. */
export const worthReading = (listed: Listed): boolean => {
  const named = listed.function === undefined ? undefined : templateOfFunction(listed.function)
  return foreign(listed) === undefined && (named === undefined || adopting(named.engine) !== undefined)
}

export function decide({ listed, connection = {} }: Seen): Decision {
  const stays = (reason: string, template?: Template): Decision => ({
    listed,
    becomes: 'stays',
    reason,
    ...(template && { template }),
  })
  const owner = foreign(listed)
  if (owner !== undefined) return stays(owner)
  const named = templateOfFunction(listed.function!)
  const fields = typeof connection === 'object' ? connection : {}
  const valued = templateOfValue(fields)
  const template = named ?? valued
  if (!template) return stays(unrecognised(listed.function!, connection))
  if (valued && named && valued.engine !== named.engine)
    return stays(`its function is for ${named.engine}, and its value says ${valued.engine}`, named)
  const engine = adopting(template.engine)
  if (engine === undefined)
    return stays(`${template.engine} is not yet supported here: stays with its function`, template)
  return { listed, template, engine, connection: fields, ...mapping(template, engine, fields) }
}

/**
 * The function of Lockstep goes by the value: where that names an admin, it rotates two logins in turn, and the template for one login
 * did not. What has to be said to the function then.
 */
export const settingFor = ({ becomes, connection }: Adopted): string | undefined =>
  becomes === 'single-user' && connection.masterarn !== undefined ? 'LOCKSTEP_STRATEGY=single-user' : undefined

/** Somebody else's to rotate. */
function foreign({ replicaOf, owner, partner, function: rotator }: Listed): string | undefined {
  if (replicaOf !== undefined) return `a replica: it is rotated in ${replicaOf}`
  if (owner !== undefined) return `owned and rotated by the AWS service ${owner}`
  if (partner !== undefined) return `a managed external secret (${partner}), rotated by AWS itself`
  return rotator === undefined ? 'rotated without a function, by AWS itself' : undefined
}

function unrecognised(arn: string, connection: Seen['connection']): string {
  const name = functionName(arn)
  if (connection === 'denied') return `${name} is no name of an AWS template, and GetSecretValue is not allowed`
  if (connection === 'unreadable') return `${name} is no name of an AWS template, nor is its value of their format`
  if (Object.keys(connection as object).length > 0) return `${name} is no AWS template, and its value names no engine`
  return `${name} is no name of an AWS template; --read-values looks at the value`
}

function mapping(
  { users }: Template,
  { needsDatabase }: Adopting,
  connection: Connection,
): Pick<Adopted, 'becomes' | 'missing'> {
  const { host, username, masterarn, engine } = connection
  const unread = engine === undefined && host === undefined
  const absent = (known: unknown, key: string) => (known === undefined ? [key] : [])
  const missing = [...absent(host, 'host'), ...(unread && needsDatabase ? ['database'] : [])]
  if (users === 'single-user') return { becomes: 'single-user', missing }
  return {
    becomes: 'alternating-users',
    missing: [...missing, ...absent(username, 'users'), ...absent(masterarn, 'admin.id')],
  }
}
