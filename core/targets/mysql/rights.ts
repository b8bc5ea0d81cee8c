/**
 * What who asks may do on everything, as far as it can be seen.
 * @module
 */
import type { Session } from '../mysql-wire/session.ts'

export interface Rights {
  /** True as well where it cannot be told: of a role no more is seen than its name. */
  may(right: string): boolean
}

export async function rightsOf(session: Session): Promise<Rights> {
  const grants = await grantsOf(session, 'CURRENT_USER()')
  const global = grants.filter(grant => / ON \*\.\* TO /.test(grant)).join('\n')
  const hasRoles = grants.some(grant => !grant.includes(' ON '))
  return { may: right => hasRoles || global.includes('ALL PRIVILEGES') || new RegExp(`\\b${right}\\b`).test(global) }
}

/** Each GRANT statement of an account that is quoted already. */
export async function grantsOf(session: Session, of: string): Promise<readonly string[]> {
  const rows = await session.query(`SHOW GRANTS FOR ${of}`)
  return rows.map(row => String(Object.values(row)[0]))
}
