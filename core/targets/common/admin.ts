/**
 * The admin's session. A refused admin is another matter than a refused secret. Who fetches the login is told where it is for: a token
 * holds at one endpoint.
 * @module
 */
import { isRotationError, RotationError } from '../../errors.ts'
import type { Credential } from '../../secret/credential.ts'
import type { Endpoint } from './endpoint.ts'

/** No admin configured: `permission-missing`. Refused: `admin-refused`. */
export async function asAdmin<E extends Endpoint, S>(
  admin: ((at?: Endpoint) => Promise<Credential>) | undefined,
  endpoint: E,
  open: (endpoint: E, credential: Credential) => Promise<S>,
): Promise<S> {
  const at = endpoint.name
  if (admin === undefined)
    throw new RotationError('permission-missing', 'Without an admin secret no other login can be changed.', {
      at,
      next: 'Name an admin secret for this target in lockstep.yml.',
    })
  try {
    return await open(endpoint, await admin(endpoint))
  } catch (error) {
    if (!isRotationError(error, 'auth-failed', 'login-locked')) throw error
    throw new RotationError('admin-refused', 'The server refused the admin login.', { at, foreign: error.foreign })
  }
}
