/**
 * The pair of logins, named as AWS's templates name them: the other one of `app` is `app_clone`, and the other way round.
 * @module
 */
import { RotationError } from '../../core/errors.ts'
import { type EngineName, engineNamed } from './engines.ts'

const SUFFIX = '_clone'

/** Pure, and its own inverse; a name for which it would not be: `identity-mismatch`. */
export function alternateUsername(username: string, engine: EngineName): string {
  if (!username.endsWith(SUFFIX)) return requireFits(username + SUFFIX, engine)
  const original = username.slice(0, -SUFFIX.length)
  if (original === '') throw mismatch(`is nothing but ${SUFFIX}`)
  // the templates would go on from app_clone_clone to app_clone to app, which is somebody else
  if (original.endsWith(SUFFIX)) throw mismatch(`ends with ${SUFFIX} twice, so it belongs to two pairs`)
  return original
}

function requireFits(name: string, engine: EngineName): string {
  const { longestName, title } = engineNamed(engine)
  if (longestName === undefined) return name
  const { count, unit } = longestName
  if ((unit === 'bytes' ? Buffer.byteLength(name) : [...name].length) > count)
    throw mismatch(`would have more than ${count} ${unit} with ${SUFFIX} appended, which is more than ${title} keeps`)
  return name
}

const mismatch = (why: string): RotationError =>
  new RotationError('identity-mismatch', `The username has no alternate: it ${why}.`, {
    next: 'Rotate another login, or set LOCKSTEP_STRATEGY=single-user.',
  })
