/**
 * Opening a session: TLS as configured and never less, ended by the caller's signal and deadline.
 * @module
 */
import net from 'node:net'
import { isRotationError, RotationError } from '../../errors.ts'
import type { Duration } from '../../ports/clock.ts'
import type { TargetCall } from '../../ports/rotation-target.ts'
import type { Credential } from '../../secret/credential.ts'
import { asAdmin } from '../common/admin.ts'
import { writerOf } from '../common/endpoint.ts'
import { type Interruption, interruptible, requireOpen } from '../common/interruption.ts'
import { type Connection, driver } from './driver.ts'
import { mapError, type Phase } from './errors.ts'
import type { Context, Endpoint } from './options.ts'
import { type Session, sessionOver } from './session.ts'

/** Logs in. Throws `auth-failed`, `login-locked`, `login-expired`, `tls-failed`, `target-unreachable`, `target-busy`, … */
export async function openSession(
  context: Context,
  endpoint: Endpoint,
  credential: Credential,
  call: TargetCall,
  database = endpoint.database,
): Promise<Session> {
  const at = endpoint.name
  const tedious = await driver()
  const remaining = requireOpen(call, context.now(), at)
  requireLogin(credential, at)

  const line: Line = {}
  const interruption = interruptible(() => line.socket?.destroy(), call.signal, remaining)
  const connection = new tedious.Connection(settings(context, endpoint, credential, line, remaining, database))
  connection.on('error', () => {}) // a lost connection is reported by whoever misses its answer
  const numbers: number[] = []
  connection.on('errorMessage', ({ number }: { number: number }) => numbers.push(number))
  const failed = failures(context, at, interruption)
  try {
    await new Promise<void>((done, refused) => connection.connect(error => (error ? refused(error) : done())))
  } catch (error) {
    interruption.release()
    connection.close()
    line.socket?.destroy()
    // the first message says why; others follow, such as that the database cannot be opened
    throw failed(error, 'login', numbers[0])
  }
  return sessionOver(
    connection,
    (text, done) => new tedious.Request(text, done),
    endpoint,
    failed,
    () => farewell(connection, interruption),
  )
}

/** The admin's session where logins are changed: in `master`; with `contained` in the database itself. */
export const openAdmin = (context: Context, call: TargetCall, endpoint = writerOf(context)): Promise<Session> =>
  openAdminIn(context.contained === true ? endpoint.database : 'master', context, call, endpoint)

/** Azure SQL shows sessions to who is in the same database. */
export const openAdminIn = (
  database: string,
  context: Context,
  call: TargetCall,
  endpoint: Endpoint,
): Promise<Session> =>
  asAdmin(context.admin, endpoint, (on, credential) => openSession(context, on, credential, call, database))

const failures =
  ({ tls }: Context, at: string, interruption: Interruption) =>
  (error: unknown, phase: Phase, number?: number): RotationError => {
    const mapped = mapError(error, phase, { at, plaintext: tls.mode === 'disable' }, number)
    return isRotationError(mapped, 'target-unreachable') ? (interruption.reason(at) ?? mapped) : mapped
  }

function farewell(connection: Connection, interruption: Interruption): void {
  interruption.release()
  connection.close()
}

function settings(
  { tls, connectTimeout }: Context,
  { host, port = 1433 }: Endpoint,
  { username, password }: Credential,
  line: Line,
  remaining: Duration,
  database: string,
) {
  return {
    server: host,
    authentication: { type: 'default', options: { userName: username, password: password.reveal() } },
    options: {
      port,
      database,
      encrypt: tls.mode !== 'disable',
      trustServerCertificate: tls.mode === 'require',
      ...(tls.servername === undefined ? {} : { serverName: tls.servername }),
      ...(tls.ca === undefined ? {} : { cryptoCredentialsDetails: { ca: tls.ca } }),
      connectTimeout: Math.ceil(Math.min(connectTimeout ?? 10_000, remaining)),
      // then the driver tells the server to stop, before we cut the connection
      requestTimeout: Math.ceil(remaining),
      // a login is tried once: the server counts them
      maxRetriesOnTransientErrors: 0,
      appName: 'lockstep',
      connector: (to: { host: string; port: number }) => dial(line, to),
    },
  }
}

/** The socket of the moment: Azure SQL may send the driver on to another host. */
interface Line {
  socket?: net.Socket
}

const dial = (line: Line, { host, port }: { host: string; port: number }): Promise<net.Socket> =>
  new Promise((connected, refused) => {
    const socket = net.connect(port, host)
    line.socket = socket
    // cut by us, a socket that is still connecting says nothing but `close`
    const over = (error?: unknown) => refused(error instanceof Error ? error : new Error('closed'))
    socket.once('error', over).once('close', over)
    socket.once('connect', () => {
      socket.removeListener('error', over).removeListener('close', over)
      connected(socket)
    })
  })

function requireLogin({ username, password }: Credential, at: string): void {
  if (username.length === 0 || username.length > 128 || username.includes('\0'))
    throw new RotationError('value-unsuitable', 'A login name has 1 to 128 characters.', { at })
  const { length } = password.reveal()
  if (length === 0 || length > 128)
    throw new RotationError('value-unsuitable', 'A password of SQL Server has 1 to 128 characters.', { at })
}
