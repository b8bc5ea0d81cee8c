/**
 * Opening a session: TLS as configured and never less, ended by the caller's signal and deadline.
 * @module
 */
import net from 'node:net'
import type { ClientConfig } from 'pg'
import { isRotationError, RotationError } from '../../errors.ts'
import type { Duration } from '../../ports/clock.ts'
import type { TargetCall } from '../../ports/rotation-target.ts'
import type { Credential } from '../../secret/credential.ts'
import { asAdmin } from '../common/admin.ts'
import { driverOf } from '../common/driver.ts'
import { writerOf } from '../common/endpoint.ts'
import { interruptible, requireOpen } from '../common/interruption.ts'
import { tlsConnection } from '../common/tls.ts'
import { mapError, type Phase } from './errors.ts'
import type { Context, Endpoint } from './options.ts'
import { farewell, type Session, sessionOver } from './session.ts'

/** Logs in. Throws `auth-failed`, `login-locked`, `tls-failed`, `target-unreachable`, `target-busy`, `no-time`, `aborted`, … */
export async function openSession(
  context: Context,
  endpoint: Endpoint,
  credential: Credential,
  call: TargetCall,
): Promise<Session> {
  const at = endpoint.name
  const { default: pg } = await driver()
  const remaining = requireOpen(call, context.now(), at)
  requireLogin(credential, at)

  const socket = new net.Socket()
  const interruption = interruptible(() => socket.destroy(), call.signal, remaining)
  const client = new pg.Client(clientConfig(context, endpoint, credential, socket, remaining))
  client.on('error', () => {}) // a lost connection is reported by the query that misses its answer
  const failed = (error: unknown, phase: Phase): RotationError => {
    const mapped = mapError(error, phase, { at, plaintext: context.tls.mode === 'disable' })
    return isRotationError(mapped, 'target-unreachable') ? (interruption.reason(at) ?? mapped) : mapped
  }
  try {
    await client.connect()
  } catch (error) {
    interruption.release()
    socket.destroy()
    throw failed(error, 'login')
  }
  return sessionOver(client, endpoint, failed, () => {
    interruption.release()
    void farewell(client, socket)
  })
}

/** The admin's session, on the writer if not said otherwise. None: `permission-missing`. Refused: `admin-refused`. */
export const openAdmin = (context: Context, call: TargetCall, endpoint = writerOf(context)): Promise<Session> =>
  asAdmin(context.admin, endpoint, (on, credential) => openSession(context, on, credential, call))

const clientConfig = (
  context: Context,
  endpoint: Endpoint,
  { username, password }: Credential,
  socket: net.Socket,
  remaining: Duration,
): ClientConfig => ({
  host: endpoint.host,
  port: endpoint.port ?? 5432,
  database: endpoint.database,
  user: username,
  // a function, for an absent or empty one would make pg look into the environment and ~/.pgpass
  password: () => password.reveal(),
  ssl: tlsConnection(context.tls, endpoint.host),
  stream: () => socket,
  connectionTimeoutMillis: Math.min(context.connectTimeout ?? 10_000, remaining),
  application_name: 'lockstep',
})

const driver = () => driverOf('PostgreSQL', 'pg', () => import('pg'))

function requireLogin({ username, password }: Credential, at: string): void {
  const bytes = Buffer.byteLength(username)
  if (bytes === 0 || bytes > 63 || username.includes('\0'))
    throw new RotationError('value-unsuitable', 'A user name has 1 to 63 bytes; the server would cut a longer one.', {
      at,
    })
  if (password.byteLength === 0) throw new RotationError('value-unsuitable', 'The password is empty.', { at })
}
