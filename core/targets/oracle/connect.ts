/**
 * Opening a session: TLS as configured and never less, given up at the caller's signal and deadline.
 * @module
 */
import { isRotationError, RotationError } from '../../errors.ts'
import type { Duration } from '../../ports/clock.ts'
import type { TargetCall } from '../../ports/rotation-target.ts'
import type { Credential } from '../../secret/credential.ts'
import { asAdmin } from '../common/admin.ts'
import { writerOf } from '../common/endpoint.ts'
import { interruptible, requireOpen } from '../common/interruption.ts'
import { driver as installed, type OracleConnection } from './driver.ts'
import { mapError, type Phase } from './errors.ts'
import { dictionaryName } from './names.ts'
import type { Context, Endpoint } from './options.ts'
import { type Session, sessionOver } from './session.ts'

/** Logs in. Throws `auth-failed`, `login-locked`, `login-expired`, `tls-failed`, `target-unreachable`, `target-busy`, … */
export async function openSession(
  context: Context,
  endpoint: Endpoint,
  credential: Credential,
  call: TargetCall,
): Promise<Session> {
  const at = endpoint.name
  const driver = await (context.driver ?? installed)()
  const remaining = requireOpen(call, context.now(), at)
  dictionaryName(credential.username)
  if (credential.password.byteLength === 0)
    throw new RotationError('value-unsuitable', 'The password is empty.', { at })

  let giveUp = () => {}
  const cut = new Promise<never>((_, reject) => {
    giveUp = () => reject(new Error('given up'))
  })
  cut.catch(() => {})
  const interruption = interruptible(() => giveUp(), call.signal, remaining)
  const failed = (error: unknown, phase: Phase): RotationError => {
    const mapped = mapError(error, phase, at)
    return isRotationError(mapped, 'target-unreachable') ? (interruption.reason(at) ?? mapped) : mapped
  }
  const opening = driver.getConnection(attributes(context, endpoint, credential, remaining))
  try {
    const connection = await Promise.race([opening, cut])
    const close = () => {
      interruption.release()
      leave(connection)
    }
    return sessionOver({ driver, connection, endpoint, cut, failed, close }, context, call)
  } catch (error) {
    interruption.release()
    opening.then(leave, () => {}) // one that opens after we have gone
    throw failed(error, 'login')
  }
}

/** The admin's session, on the writer. None: `permission-missing`. Refused: `admin-refused`. */
export const openAdmin = (context: Context, call: TargetCall): Promise<Session> =>
  asAdmin(context.admin, writerOf(context), (on, credential) => openSession(context, on, credential, call))

const leave = (connection: OracleConnection): void => void connection.close().catch(() => {})

function attributes(
  { tls, connectTimeout = 10_000 }: Context,
  { host, port = 1521, service }: Endpoint,
  { username, password }: Credential,
  remaining: Duration,
) {
  const seconds = Math.max(1, Math.ceil(Math.min(connectTimeout, remaining) / 1000))
  const protocol = tls.mode === 'disable' ? 'tcp' : 'tcps'
  return {
    user: username,
    password: password.reveal(),
    connectString: `${protocol}://${host.includes(':') ? `[${host}]` : host}:${port}/${service}`,
    connectTimeout: seconds,
    transportConnectTimeout: seconds,
    // a login is tried once: the server counts them
    retryCount: 0,
    sslServerDNMatch: tls.mode === 'verify-full',
    ...(tls.ca === undefined ? {} : { walletContent: tls.ca }),
  }
}
