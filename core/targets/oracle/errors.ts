/**
 * One mapping of everything that `oracledb` throws to Lockstep's codes. Of a foreign error nothing but its code is kept: its
 * message may hold a name or a part of a statement.
 * @module
 */
import { isRotationError, RotationError } from '../../errors.ts'
import { byTransport, type Outcome, type Phase } from '../common/transport.ts'

export type { Phase } from '../common/transport.ts'

/** Any thrown thing as a RotationError of the right code. */
export function mapError(error: unknown, phase: Phase, at: string): RotationError {
  if (isRotationError(error)) return error
  const code = codeOf(error)
  const [mapped, text] = outcome(code, phase)
  return new RotationError(mapped, text, { at, ...(code === undefined ? {} : { foreign: code }) })
}

/** `ORA-01017` is the server's, `NJS-503` the driver's own. */
function codeOf(error: unknown): string | undefined {
  const { code } = (error ?? {}) as { code?: unknown }
  return typeof code === 'string' && /^(ORA|NJS|DPI)-\d{3,5}$/.test(code) ? code : undefined
}

const is = (code: string, ...numbers: readonly number[]): boolean =>
  numbers.some(number => code === `ORA-${String(number).padStart(5, '0')}`)

function outcome(code: string | undefined, phase: Phase): Outcome {
  if (code?.startsWith('ORA-') !== true) return byDriver(code, phase)
  const login = atLogin(code)
  if (login !== undefined) return login
  if (
    is(
      code,
      18,
      20,
      54,
      1033,
      1034,
      1035,
      1090,
      1109,
      2391,
      4021,
      12514,
      12516,
      12518,
      12519,
      12520,
      12528,
      16000,
      30006,
    )
  )
    return ['target-busy', 'The server is starting, stopping, read-only, or has no free session; nothing was changed.']
  if (phase === 'login')
    return [
      'target-unreachable',
      'The server refused the connection for a reason that says nothing about the password.',
    ]
  if (phase === 'probe') return ['probe-failed', 'A probe statement failed.']
  // policy, used before, too long, no password; a function that verifies passwords raises what it likes from 20000 on
  if (phase === 'change' && (is(code, 28003, 28007, 28219, 972, 988) || /^ORA-20\d{3}$/.test(code)))
    return ['value-rejected', 'The server refused the new password by the policy of the profile.']
  // 942: a view that the login may not see does not exist for it
  if (is(code, 1031, 942)) return ['permission-missing', 'The server denied the statement to the login that ran it.']
  if (is(code, 28227))
    return ['unsupported', 'Oracle allows no second password on a login with administrative privileges.']
  return ['unsupported', 'The server does not know or does not allow a statement that the rotation needs.']
}

/** What says the same in every phase: a change of the own password shows the old one once more. */
function atLogin(code: string): Outcome | undefined {
  if (is(code, 1017, 28008)) return ['auth-failed', 'The server refused the login.']
  if (is(code, 28000)) return ['login-locked', 'The login is locked.']
  if (is(code, 28001, 28032)) return ['login-expired', 'The password of the login has expired.']
  if (is(code, 1045)) return ['permission-missing', 'The login lacks CREATE SESSION.']
  return undefined
}

function byDriver(code: string | undefined, phase: Phase): Outcome {
  if (phase !== 'change' && code !== undefined) {
    if (/^NJS-50[5-8]$/.test(code))
      return ['tls-failed', 'The TLS connection could not be established or its certificate not be verified.']
    if (/^NJS-53[123]$/.test(code))
      return [
        'unsupported',
        'The server insists on native network encryption, which the thin driver does not speak: use TLS.',
      ]
    if (code === 'NJS-116' || code === 'NJS-138')
      return [
        'unsupported',
        'The thin driver supports neither this release of the server nor its old kind of password (10G).',
      ]
    if (code === 'NJS-123') return ['target-busy', 'The server did not get to it in time.']
  }
  return byTransport(undefined, phase)
}
