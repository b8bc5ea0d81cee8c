/**
 * One mapping of everything that `pg`, sockets and TLS throw to Lockstep's codes. Texts are matched only where PostgreSQL or
 * PgBouncer use one SQLSTATE for several things; a server that speaks another language then gets the coarser code. Of a foreign error nothing but its code is kept: its message and properties
 * may hold a statement.
 * @module
 */
import { isRotationError, RotationError } from '../../errors.ts'
import { byTransport, foreign, type Outcome, type Phase, type Where } from '../common/transport.ts'

export type { Phase } from '../common/transport.ts'

/** Any thrown thing as a RotationError of the right code. */
export function mapError(error: unknown, phase: Phase, where: Where): RotationError {
  if (isRotationError(error)) return error
  const { code, message } = foreign(error)
  const [mapped, text] = isSqlState(code) ? bySqlState(code, message, phase, where) : transport(code, message, phase)
  return new RotationError(mapped, text, { at: where.at, ...(code === undefined ? {} : { foreign: code }) })
}

const isSqlState = (code: string | undefined): code is string =>
  code !== undefined && /^[0-9A-Z]{5}$/.test(code) && !/^E[A-Z]+$/.test(code)

function bySqlState(code: string, message: string, phase: Phase, where: Where): Outcome {
  if (phase === 'login') return atLogin(code, message, where)
  if (endsSession(code))
    return phase === 'change'
      ? ['unknown-outcome', 'The server ended the connection after the change was sent.']
      : ['target-busy', 'The server ended the connection.']
  if (code === '57014' || code === '55P03')
    return ['target-busy', 'The server did not get to it in time; nothing was changed.']
  if (code === '25P03') return ['target-busy', 'The change came too late; the server has undone it.']
  if (code === 'XX000' && message.includes('tuple concurrently updated'))
    return ['target-busy', 'Somebody else changed the same login at the same moment.']
  if (code === '25006' || (code === '0A000' && message.includes('during recovery')))
    return ['target-busy', 'The server is read-only: a standby, or a fail-over is under way.']
  if (phase === 'probe') return ['probe-failed', 'A probe statement failed.']
  if (code === '42501') return ['permission-missing', 'The server denied the statement to the login that ran it.']
  // passwordcheck says 22023, credcheck 28000, hooks written in PL raise P0001
  if (phase === 'change' && /^(22|28|P0001)/.test(code))
    return ['value-rejected', 'The server refused the new password by its policy.']
  if (/^(53|57|40|55)/.test(code)) return ['target-busy', 'The server could not run the statement now.']
  return ['unsupported', 'The server does not know or does not allow a statement that the rotation needs.']
}

const endsSession = (code: string): boolean => /^(57P0[1-5]|08...)$/.test(code)

function atLogin(code: string, message: string, { plaintext }: Where): Outcome {
  if (code === '28P01') return ['auth-failed', 'The server refused the login.']
  if (code === '28000' && plaintext && /no encryption|SSL off/.test(message))
    return ['tls-failed', 'The server accepts this login with TLS only, and TLS is disabled in the configuration.']
  if (code.startsWith('28')) return ['login-locked', 'The login may not log in (NOLOGIN, or no rule in pg_hba.conf).']
  if (code === '08P01') return atPooler(message)
  if (code === '3D000') return ['config-invalid', 'The endpoint has no database of the configured name.']
  if (code === '42501') return ['permission-missing', 'The login may not connect to the database.']
  if (/^(53|57)/.test(code)) return ['target-busy', 'The server is starting or stopping, or has no free connection.']
  return ['target-unreachable', 'The server refused the connection for a reason that says nothing about the password.']
}

/** PgBouncer has one SQLSTATE for everything. */
function atPooler(message: string): Outcome {
  if (/SASL authentication failed|password authentication failed|no such user|auth failed/i.test(message))
    return ['auth-failed', 'The pooler refused the login.']
  if (/no such database|does not exist/i.test(message))
    return ['config-invalid', 'The pooler has no database of the configured name.']
  if (/login has been failing|no more connections|timeout|shut|paused/i.test(message))
    return ['target-busy', 'The pooler has no working connection to the server at the moment.']
  return ['target-unreachable', 'The pooler refused the connection for a reason that says nothing about the password.']
}

function transport(code: string | undefined, message: string, phase: Phase): Outcome {
  if (phase !== 'change' && /does not support SSL/.test(message))
    return ['tls-failed', 'The server does not offer TLS.']
  if (phase !== 'change' && message.startsWith('SASL:'))
    return ['unsupported', 'The server does not speak SCRAM-SHA-256 as the standard says.']
  return byTransport(code, phase)
}
