/**
 * One mapping of everything that `mongodb`, sockets and TLS throw to Lockstep's codes. Servers say what happened by number; of a
 * foreign error nothing but that is kept: its message and properties may hold a command.
 * @module
 */
import { isRotationError, RotationError } from '../../errors.ts'
import { byTransport, foreign, type Outcome, type Phase, type Where } from '../common/transport.ts'

export type { Phase } from '../common/transport.ts'

/** Any thrown thing as a RotationError of the right code. */
export function mapError(error: unknown, phase: Phase, where: Where): RotationError {
  if (isRotationError(error)) return error
  const { name, code, message } = seen(error)
  const [mapped, text, next] =
    typeof code === 'number' ? byNumber(name, code, message, phase) : byName(name, code, phase)
  return new RotationError(mapped, text, {
    at: where.at,
    ...(next === undefined ? {} : { next }),
    ...(code === undefined ? {} : { foreign: String(code) }),
  })
}

interface Seen {
  readonly name: string
  /** A server's number, or the code of a socket or of TLS. */
  readonly code: number | string | undefined
  readonly message: string
}

/** The driver wraps what a socket threw, more than once at times. */
function seen(error: unknown, depth = 0): Seen {
  const { name, code, cause } = (error ?? {}) as { name?: unknown; code?: unknown; cause?: unknown }
  if (typeof code !== 'number' && cause !== undefined && depth < 5) {
    const inner = seen(cause, depth + 1)
    if (inner.code !== undefined) return inner
  }
  const { code: text, message } = foreign(error)
  return { name: typeof name === 'string' ? name : '', code: typeof code === 'number' ? code : text, message }
}

type Advised = readonly [...Outcome, next?: string]

const NOT_PRIMARY = [10107, 13435, 13436]
/** Stepping down, shutting down: what was under way is broken off. */
const INTERRUPTED = [189, 11600, 11602, 91]
const OUT_OF_TIME = [50, 262]
const NO_SUCH_COMMAND = [20, 59, 72, 115, 238, 40415]
const REFUSED_VALUE = [2, 9, 14, 22, 51]
const ATLAS = 8000

function byNumber(name: string, code: number, message: string, phase: Phase): Advised {
  if (phase === 'login') return atLogin(code, message)
  // it has been done at the primary, but not everywhere where it was to be
  if (name === 'MongoWriteConcernError')
    return ['unknown-outcome', 'The change was not confirmed by a majority: it may still be rolled back.']
  if (phase === 'change' && [1, 8, 64, 79, 100, ...INTERRUPTED, ...OUT_OF_TIME].includes(code))
    return ['unknown-outcome', 'The server broke off the change, or the wait for a majority: it may have been applied.']
  if (NOT_PRIMARY.includes(code) || INTERRUPTED.includes(code))
    return ['target-busy', 'The server is not the primary, or is stepping down: a fail-over may be under way.']
  if (phase === 'probe') return ['probe-failed', 'A probe command failed.']
  if (OUT_OF_TIME.includes(code)) return ['target-busy', 'The server did not get to it in time.']
  if (code === 13) return ['permission-missing', 'The server denied the command to the user that ran it.']
  if (code === 18) return ['auth-failed', 'The server refused the login.']
  if (code === 11) return ['identity-mismatch', 'The user to change does not exist in its authentication database.']
  if (code === 51003) return ['target-busy', 'Somebody else has just created the user.']
  if (code === ATLAS) return ['unsupported', ATLAS_TEXT, ATLAS_NEXT]
  if (phase === 'change' && REFUSED_VALUE.includes(code))
    return ['value-rejected', 'The server refused the new password.']
  if ([24, 46, 112, 462].includes(code)) return ['target-busy', 'The server could not run the command now.']
  return ['unsupported', 'The server does not know or does not allow a command that the rotation needs.']
}

const ATLAS_TEXT = 'MongoDB Atlas takes no changes of users by the database protocol.'
const ATLAS_NEXT = 'Change database users of Atlas by its Administration API; this target cannot.'
const HINT =
  'Compare the password and `authSource`: a user exists in one database only. authenticationRestrictions are refused alike.'

function atLogin(code: number, message: string): Advised {
  // Atlas has one number for everything
  if (code === 18 || code === 11 || (code === ATLAS && /auth/i.test(message)))
    return ['auth-failed', 'The server refused the login.', HINT]
  if ([...NOT_PRIMARY, ...INTERRUPTED, ...OUT_OF_TIME, 462].includes(code))
    return ['target-busy', 'The server is starting, stopping or overloaded.']
  if ([334, ...REFUSED_VALUE, ...NO_SUCH_COMMAND].includes(code))
    return ['unsupported', 'The server offers no SCRAM mechanism for this login.']
  return ['target-unreachable', 'The server refused the connection for a reason that says nothing about the password.']
}

/** What the driver finds itself. */
function byName(name: string, code: string | undefined, phase: Phase): Outcome {
  if (phase === 'login') {
    if (/^Mongo(Runtime|Compatibility|MissingDependency|InvalidArgument|Parse)Error$/.test(name))
      return [
        'unsupported',
        'The driver cannot log in at this server: too old a version, or SCRAM that is not as the standard says.',
      ]
    // not of the driver and not of a socket: SASLprep
    if (!name.startsWith('Mongo') && code === undefined)
      return ['value-unsuitable', 'The password holds characters that no client can log in with.']
  }
  return byTransport(code, phase)
}
