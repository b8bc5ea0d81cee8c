/**
 * Opening a session: TLS as configured and never less, ended by the caller's signal and deadline.
 * @module
 */
import net from 'node:net'
import { type ConnectionOptions, checkServerIdentity } from 'node:tls'
import type { ClientConfig } from 'pg'
import { isRotationError, RotationError } from '../../errors.ts'
import type { Duration } from '../../ports/clock.ts'
import type { TargetCall } from '../../ports/rotation-target.ts'
import type { Credential } from '../../secret/credential.ts'
import { mapError, type Phase } from './errors.ts'
import { type Context, type Endpoint, writerOf } from './options.ts'
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
  const remaining = call.deadline - context.now()
  if (call.signal.aborted) throw new RotationError('aborted', 'The run was interrupted.', { at })
  if (remaining <= 0) throw new RotationError('no-time', 'No time is left for a login.', { at })
  requireLogin(credential, at)

  const socket = new net.Socket()
  const interruption = interruptible(socket, call.signal, remaining)
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

/** The admin's session, on the writer if not said otherwise. Refused: `admin-refused`. */
export async function openAdmin(context: Context, call: TargetCall, endpoint = writerOf(context)): Promise<Session> {
  const at = endpoint.name
  if (context.admin === undefined)
    throw new RotationError('permission-missing', 'Without an admin secret no other login can be changed.', {
      at,
      next: 'Name an admin secret for this target in lockstep.yml.',
    })
  try {
    return await openSession(context, endpoint, await context.admin(), call)
  } catch (error) {
    if (!isRotationError(error, 'auth-failed', 'login-locked')) throw error
    throw new RotationError('admin-refused', 'The server refused the admin login.', { at, foreign: error.foreign })
  }
}

/** Destroys the socket when the caller gives up or the time is over, and remembers which it was. */
function interruptible(socket: net.Socket, signal: AbortSignal, remaining: Duration) {
  let interrupted: 'aborted' | 'late' | undefined
  const stop = (why: 'aborted' | 'late') => {
    interrupted ??= why
    socket.destroy()
  }
  const onAbort = () => stop('aborted')
  signal.addEventListener('abort', onAbort)
  const timer = setTimeout(() => stop('late'), Math.min(remaining, 2 ** 31 - 1))
  return {
    release(): void {
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
    },
    reason(at: string): RotationError | undefined {
      if (interrupted === 'aborted') return new RotationError('aborted', 'The run was interrupted.', { at })
      if (interrupted === undefined) return undefined
      return new RotationError('target-unreachable', 'The server did not answer before the time of this step ended.', {
        at,
      })
    },
  }
}

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
  ssl: tlsOptions(context, endpoint),
  stream: () => socket,
  connectionTimeoutMillis: Math.min(context.connectTimeout ?? 10_000, remaining),
  application_name: 'lockstep',
})

function tlsOptions({ tls }: Context, { host }: Endpoint): false | ConnectionOptions {
  if (tls.mode === 'disable') return false
  const expected = tls.servername ?? host
  return {
    // explicit, so that NODE_TLS_REJECT_UNAUTHORIZED cannot weaken it
    rejectUnauthorized: tls.mode !== 'require',
    // of our own, because pg overwrites `servername` with the host that it dials
    checkServerIdentity: (_, certificate) =>
      tls.mode === 'verify-full' ? checkServerIdentity(expected, certificate) : undefined,
    ...(tls.ca === undefined ? {} : { ca: tls.ca }),
    ...(tls.servername === undefined ? {} : { servername: tls.servername }),
  }
}

async function driver(): Promise<typeof import('pg')> {
  try {
    return await import('pg')
  } catch {
    throw new RotationError('driver-missing', 'The PostgreSQL target needs the package `pg`.', {
      next: 'Run `npm install pg`.',
    })
  }
}

function requireLogin({ username, password }: Credential, at: string): void {
  const bytes = Buffer.byteLength(username)
  if (bytes === 0 || bytes > 63 || username.includes('\0'))
    throw new RotationError('value-unsuitable', 'A user name has 1 to 63 bytes; the server would cut a longer one.', {
      at,
    })
  if (password.byteLength === 0) throw new RotationError('value-unsuitable', 'The password is empty.', { at })
}
