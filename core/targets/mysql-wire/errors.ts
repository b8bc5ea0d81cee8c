/**
 * One mapping of everything that `mysql2`, sockets and TLS throw to Lockstep's codes. Servers are understood by number, never by
 * name: the driver's names are MySQL's, also where MariaDB means something else. Of a foreign error nothing but its number or code is
 * kept: `mysql2` puts the whole statement, with its password, into the error.
 * @module
 */
import { isRotationError, RotationError } from '../../errors.ts'
import { byTransport, foreign, type Outcome, type Phase, type Where } from '../common/transport.ts'
import type { Dialect } from './options.ts'

export type { Phase } from '../common/transport.ts'

/** Any thrown thing as a RotationError of the right code; `foreign` is the server's error number, or the code of a socket's error. */
export function mapError(error: unknown, phase: Phase, where: Where, dialect: Dialect): RotationError {
  if (isRotationError(error)) return error
  const errno = serverErrno(error)
  if (errno === undefined) {
    const [code, message] = transport(error, phase)
    return new RotationError(code, message, { at: where.at, foreign: foreign(error).code })
  }
  const byPhase = phase === 'login' ? atLogin : atStatement
  const [code, message] = dialect.outcome?.(errno, phase) ?? byPhase(errno, phase)
  return new RotationError(code, message, { at: where.at, foreign: String(errno), ...adviceFor(errno, where) })
}

/** The server's own number; a socket's error has a negative one. */
function serverErrno(error: unknown): number | undefined {
  const { errno, sqlState } = (error ?? {}) as { errno?: unknown; sqlState?: unknown }
  // before the handshake ("too many connections") a server sends no SQLSTATE
  return typeof errno === 'number' && errno >= 1000 && (sqlState === undefined || typeof sqlState === 'string')
    ? errno
    : undefined
}

/** Shutting down, killed, or waited too long for us: whatever was under way has no answer. */
const ENDS_SESSION = new Set([1053, 1152, 1158, 1159, 1160, 1161, 1184, 1927])
const DENIED = new Set([1044, 1142, 1143, 1227, 1370, 1410])
const READ_ONLY = new Set([1290, 1792, 1836])
const WAITED = new Set([1205, 1213, 1317, 1969, 3024, 3058, 3132])
const FULL = new Set([1040, 1041, 1135, 1203, 1226])

function atLogin(errno: number): Outcome {
  if (errno === 1045 || errno === 1698) return ['auth-failed', 'The server refused the login.']
  if ([3118, 3955, 4151, 4150].includes(errno))
    return ['login-locked', 'The account is locked, by a person or by too many wrong passwords.']
  if (errno === 1130) return ['login-locked', 'The server has no account for the host that we come from.']
  if (errno === 1129) return ['login-locked', 'The server blocks our host after too many broken connections.']
  if (errno === 1862 || errno === 1820) return ['login-expired', 'The password of the account has expired.']
  if (errno === 3159)
    return ['tls-failed', 'The server accepts this login with TLS only, and TLS is disabled in the configuration.']
  if (errno === 1044) return ['permission-missing', 'The login may not use the database of the endpoint.']
  if (errno === 1049) return ['config-invalid', 'The endpoint has no database of the configured name.']
  if (errno === 1251 || errno === 1524)
    return ['unsupported', 'The account logs in by a plugin that is not to be had here.']
  if (FULL.has(errno)) return ['target-busy', 'The server has no free connection, for anybody or for this login.']
  if (errno === 1053 || errno === 3032) return ['target-busy', 'The server is stopping, or offline to ordinary logins.']
  return ['target-unreachable', 'The server refused the connection for a reason that says nothing about the password.']
}

function atStatement(errno: number, phase: Phase): Outcome {
  if (ENDS_SESSION.has(errno))
    return phase === 'change'
      ? ['unknown-outcome', 'The server ended the connection after the change was sent.']
      : ['target-busy', 'The server ended the connection.']
  if (errno === 4031) return ['target-busy', 'The change came too late; the server had ended the session before.']
  if (WAITED.has(errno)) return ['target-busy', 'The server did not get to it in time; nothing was changed.']
  if (READ_ONLY.has(errno))
    return ['target-busy', 'The server is read-only: a replica, a fail-over under way, or kept so by a person.']
  if (phase === 'probe') return ['probe-failed', 'A probe statement failed.']
  if (DENIED.has(errno)) return ['permission-missing', 'The server denied the statement to the login that ran it.']
  if (errno === 1819) return ['value-rejected', 'The server refused the new password by its policy.']
  if (errno === 3638) return ['value-rejected', 'The server refused a password that the account has had before.']
  if (errno === 3891) return ['auth-failed', 'The password to replace is not the one that the account has.']
  if (errno === 3892) return ['unsupported', 'The account must name its password to change it.']
  if (errno === 3894)
    return ['unsupported', 'The account would change its plugin, and then no old password can be retained.']
  if (errno === 3895) return ['unsupported', 'An empty password cannot be retained.']
  if (errno === 1396) return ['identity-mismatch', 'The server has no such account, or could not change it.']
  if (errno === 1820) return ['login-expired', 'The password of the login has expired.']
  return ['unsupported', 'The server does not know or does not allow a statement that the rotation needs.']
}

const ADVICE: Readonly<Record<number, string>> = {
  1040: 'Raise max_connections, or close connections, then run the same command again.',
  1129: 'Run FLUSH HOSTS (or mysqladmin flush-hosts) as an admin, then the same command again.',
  1130: 'Create the account for our host, or rotate from a host that has one.',
  1203: 'Raise max_user_connections, or close connections, then run the same command again.',
  1226: 'Raise the resource limits of the account (ALTER USER … WITH …), then run the same command again.',
  1290: 'Name the writer as the endpoint with the role writer; clear read_only there.',
  1836: 'Name the writer as the endpoint with the role writer; clear read_only there.',
  1820: 'Give the account its password anew at the server (ALTER USER … IDENTIFIED BY …), which ends the expiry.',
  1862: 'Give the account its password anew at the server (ALTER USER … IDENTIFIED BY …), which ends the expiry.',
  3118: 'Run ALTER USER … ACCOUNT UNLOCK if nobody locked it on purpose.',
  3159: 'Set `tls: { mode: verify-full }`.',
  3638: 'Run the same command again: it draws another password.',
  3894: 'Change the plugin first, by a person or by alternating users; then rotate.',
  3895: 'Give the account a password first.',
  3955: 'Run ALTER USER … ACCOUNT UNLOCK, and find the client that uses an old password.',
}

function adviceFor(errno: number, { plaintext }: Where): { next?: string } {
  // the server answers both alike
  if (errno === 1045 && plaintext)
    return { next: 'If the account has REQUIRE SSL, enable TLS; else run `lockstep doctor NAME`.' }
  return ADVICE[errno] === undefined ? {} : { next: ADVICE[errno] }
}

function transport(error: unknown, phase: Phase): Outcome {
  const { code, message } = foreign(error)
  if (code === 'HANDSHAKE_NO_SSL_SUPPORT') return ['tls-failed', 'The server does not offer TLS.']
  if (code === 'HANDSHAKE_SSL_ERROR') return duringTls(error, message, phase)
  if (code === 'AUTH_SWITCH_PLUGIN_ERROR' || code === 'MYSQL_CLEAR_PASSWORD_NOT_ENABLED')
    return ['unsupported', 'The account logs in by a plugin that the driver does not speak.']
  return byTransport(code, phase)
}

/** The driver has one code for whatever happens between the greeting and the end of TLS's handshake. */
function duringTls(error: unknown, message: string, phase: Phase): Outcome {
  const lost = 'syscall' in Object(error) || message.includes('disconnected before secure')
  if (lost) return byTransport(undefined, phase)
  return byTransport(/altname/i.test(message) ? 'ERR_TLS_CERT_ALTNAME_INVALID' : 'ERR_TLS', phase)
}
