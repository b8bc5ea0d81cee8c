/**
 * Why the server did not take a change: it has one error number for many reasons.
 * @module
 */
import { isRotationError, RotationError } from '../../errors.ts'
import type { Row, Session } from '../mysql-wire/session.ts'

/** True where a plugin judges new passwords and the server insists that it sees them, so that no hash is taken. */
const STRICT = `@@GLOBAL.strict_password_validation = 1 AND EXISTS (SELECT 1 FROM information_schema.PLUGINS
  WHERE PLUGIN_TYPE = 'PASSWORD VALIDATION' AND PLUGIN_STATUS = 'ACTIVE')`

/** Columns for a SELECT. */
export const SERVER_FACTS = `@@GLOBAL.read_only AS read_only, ${STRICT} AS strict`

export const isReadOnly = ({ read_only: value }: Row): boolean => value !== 0 && value !== 'OFF'
export const isStrict = ({ strict }: Row): boolean => strict === 1

export const STRICT_REMEDY = 'SET GLOBAL strict_password_validation = OFF;'

/** An admin may well change a replica, which then is one no longer. */
export function requireWritable(row: Row | undefined, at: string): void {
  if (row !== undefined && isReadOnly(row))
    throw new RotationError('target-busy', 'The server is read-only: a replica, or kept so by a person.', {
      at,
      next: 'Name the writer as the endpoint with the role writer; clear read_only there.',
    })
}

/** Runs a change; a refusal is explained by what the server says about itself. */
export async function changed(session: Session, statement: string): Promise<void> {
  try {
    await session.change(statement)
  } catch (error) {
    // 1396 is ALTER USER's word for it, 1290 that of SET PASSWORD
    if (!isRotationError(error) || !['1290', '1396'].includes(error.foreign ?? '')) throw error
    const [row] = await session.query(`SELECT ${SERVER_FACTS}`)
    if (row === undefined || !isStrict(row)) throw error
    const { foreign } = error
    throw new RotationError(
      'unsupported',
      'The server takes no hash of a password, because a password validation plugin must see it in clear.',
      {
        at: session.endpoint.name,
        foreign,
        next: `Run ${STRICT_REMEDY} The policy of lockstep.yml makes passwords strong.`,
      },
    )
  }
}
