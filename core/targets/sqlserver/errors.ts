/**
 * One mapping of everything that `tedious`, sockets and TLS throw to Lockstep's codes. Of a foreign error nothing but its number
 * or code is kept: its message may hold a name or a part of a statement.
 * @module
 */
import { isRotationError, RotationError } from '../../errors.ts'
import { byTransport, foreign, type Outcome, type Phase, type Where } from '../common/transport.ts'

export type { Phase } from '../common/transport.ts'

/** What our own THROW says where a change came too late. */
export const TOO_LATE = 50_713

/** Any thrown thing as a RotationError of the right code. `number`: the server's, where the driver does not put it into the error. */
export function mapError(error: unknown, phase: Phase, where: Where, number = numberOf(error)): RotationError {
  if (isRotationError(error)) return error
  const code = codeOf(error)
  const [mapped, text] = number === undefined ? transport(code, phase) : byNumber(number, phase)
  const kept = number === undefined ? code : String(number)
  return new RotationError(mapped, text, { at: where.at, ...(kept === undefined ? {} : { foreign: kept }) })
}

function numberOf(error: unknown): number | undefined {
  const { number } = (error ?? {}) as { number?: unknown }
  return typeof number === 'number' && number > 0 ? number : undefined
}

/** The driver wraps what sockets and TLS say: `ESOCKET` says nothing, its cause does. */
function codeOf(error: unknown): string | undefined {
  const cause = (error as { cause?: unknown } | undefined)?.cause
  return (cause === undefined ? undefined : codeOf(cause)) ?? foreign(error).code
}

const ENDS_SESSION = new Set([596, 6005, 6006, 17142, 17147, 17148])
const BUSY = new Set([
  ...[1205, 1222, 18401, 18451, 17142, 983, 976, 978, 3906, 3908, 3960, 924],
  ...[10928, 10929, 40197, 40501, 40549, 40550, 40613, 49918, 49919, 49920, 4221, 42108, 42109],
])

function byNumber(number: number, phase: Phase): Outcome {
  if (phase === 'login') return atLogin(number)
  if (ENDS_SESSION.has(number))
    return phase === 'change'
      ? ['unknown-outcome', 'The server ended the connection after the change was sent.']
      : ['target-busy', 'The server ended the connection.']
  if (number === TOO_LATE) return ['target-busy', 'The change came too late; the server has not made it.']
  if (BUSY.has(number)) return ['target-busy', 'The server could not run the statement now; nothing was changed.']
  if (phase === 'probe') return ['probe-failed', 'A probe statement failed.']
  // too recent, not now, too short, too long, not complex enough, refused by a filter, used before
  if (phase === 'change' && number >= 15_113 && number <= 15_119)
    return ['value-rejected', 'The server refused the new password by its policy (CHECK_POLICY).']
  // 15151 says the same of a login that is not there: that was looked at before
  if ([15_151, 15_247, 229, 230, 262, 297, 300, 916].includes(number))
    return ['permission-missing', 'The server denied the statement to the login that ran it.']
  return ['unsupported', 'The server does not know or does not allow a statement that the rotation needs.']
}

function atLogin(number: number): Outcome {
  if (number === 18_456) return ['auth-failed', 'The server refused the login.']
  if (number === 18_487 || number === 18_488)
    return ['login-expired', 'The password of the login has expired or must be changed first (MUST_CHANGE).']
  if (number === 18_486 || number === 18_470)
    return ['login-locked', 'The login is locked out by failed logins, or disabled.']
  if (number === 40_615 || number === 18_452)
    return ['login-locked', 'The login may not come from here (firewall rule, or an untrusted domain).']
  if (number === 4060 || number === 4064)
    return ['config-invalid', 'The endpoint has no database of the configured name, or the login may not enter it.']
  if (BUSY.has(number) || ENDS_SESSION.has(number) || number === 18_461)
    return ['target-busy', 'The server is starting, stopping, failing over, or has no free connection.']
  return ['target-unreachable', 'The server refused the connection for a reason that says nothing about the password.']
}

function transport(code: string | undefined, phase: Phase): Outcome {
  if (code === 'EENCRYPT' && phase === 'login')
    return [
      'tls-failed',
      'One side wants TLS and the other one does not: the configuration decides, and there is no fall-back.',
    ]
  return byTransport(code, phase)
}
