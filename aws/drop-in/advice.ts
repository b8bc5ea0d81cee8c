/**
 * What to do about a failure at the database, for somebody whose configuration is the secret itself and the function.
 * @module
 */
import { type ErrorCode, isRotationError, RotationError } from '../../core/errors.ts'

const advice: Partial<Record<ErrorCode, string>> = {
  'target-unreachable':
    'This says nothing about the password. Check that the function runs in a VPC with a route to the database, that the security group of the database lets that of the function in, and `host` and `port` of the secret.',
  'tls-failed':
    'Trust the authority of the server with LOCKSTEP_CA_FILE, and let `host` be the name in its certificate. A server without TLS: put `"ssl": false` into the secret and its admin secret, or (not for MongoDB) set LOCKSTEP_PLAINTEXT_FALLBACK=true; one of MySQL needs LOCKSTEP_SERVER_KEY_FILE as well.',
  'config-invalid': 'Correct `dbname` in the value of the secret.',
  'admin-refused': 'Correct the secret that `masterarn` names: the server refuses its login.',
  'auth-failed':
    'Put the password that the server knows into AWSCURRENT, or set that of AWSCURRENT at the server; then rotate again.',
  'not-ours':
    'The login is also rotated by another configuration. If that is a lockstep.yml of yours: name its deployment and secret in LOCKSTEP_OWNER.',
}

/** The same error, with the advice that fits here. */
export async function advised<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const next = isRotationError(error) ? advice[error.code] : undefined
    // what already names a variable or a field of a value knows better
    if (next === undefined || !isRotationError(error) || error.at?.startsWith('LOCKSTEP_')) throw error
    const { code, message, step, secret, at, foreign } = error
    throw new RotationError(code, message, { step, secret, at, foreign, next })
  }
}
