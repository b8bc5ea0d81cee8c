/**
 * Opening a session: TLS as configured and never less, ended by the caller's signal and deadline.
 * @module
 */
import net from 'node:net'
import type { Connection, ConnectionOptions } from 'mysql2'
import { isRotationError, RotationError } from '../../errors.ts'
import type { Duration } from '../../ports/clock.ts'
import type { TargetCall } from '../../ports/rotation-target.ts'
import type { Credential } from '../../secret/credential.ts'
import { asAdmin } from '../common/admin.ts'
import { driverOf } from '../common/driver.ts'
import { writerOf } from '../common/endpoint.ts'
import { interruptible, requireOpen } from '../common/interruption.ts'
import { mapError, type Phase } from './errors.ts'
import { type KeyedPlugins, pinnedPlugins } from './key-exchange.ts'
import type { Endpoint, WireContext } from './options.ts'
import { farewell, type Session, sessionOver } from './session.ts'

/** Logs in. Throws `auth-failed`, `login-locked`, `tls-failed`, `target-unreachable`, `target-busy`, `no-time`, `aborted`, … */
export async function openSession(
  context: WireContext,
  endpoint: Endpoint,
  credential: Credential,
  call: TargetCall,
): Promise<Session> {
  const at = endpoint.name
  const { default: driver } = await driverOf(context.dialect.engine, 'mysql2', () => import('mysql2'))
  const remaining = requireOpen(call, context.now(), at)
  requireLogin(context, credential, at)

  const plaintext = context.tls.mode === 'disable'
  let refused: RotationError | undefined
  const plugins = plaintext
    ? pinnedPlugins(driver as unknown as KeyedPlugins, context.serverPublicKey, why => (refused = why), at)
    : undefined
  const socket = dial(endpoint, nameToVerify(context, endpoint))
  const interruption = interruptible(() => socket.destroy(), call.signal, remaining)
  const failed = (error: unknown, phase: Phase): RotationError => {
    const mapped = refused ?? mapError(error, phase, { at, plaintext }, context.dialect)
    return isRotationError(mapped, 'target-unreachable') ? (interruption.reason(at) ?? mapped) : mapped
  }
  const config = { ...connectionOptions(context, endpoint, credential, remaining), stream: () => socket }
  const connection = driver.createConnection({ ...config, ...(plugins && { authPlugins: plugins }) })
  connection.on('error', () => {}) // a lost connection is reported by the statement that misses its answer
  try {
    await connected(connection)
  } catch (error) {
    interruption.release()
    socket.destroy()
    throw failed(error, 'login')
  }
  return sessionOver(connection, endpoint, failed, () => {
    interruption.release()
    farewell(connection, socket)
  })
}

/** The admin's session, on the writer if not said otherwise, in no database: it needs no right to the consumers'. None: `permission-missing`. Refused: `admin-refused`. */
export const openAdmin = (context: WireContext, call: TargetCall, endpoint = writerOf(context)): Promise<Session> =>
  asAdmin(context.admin, { ...endpoint, database: undefined }, (on, credential) =>
    openSession(context, on, credential, call),
  )

const nameToVerify = ({ tls }: WireContext, { host }: Endpoint): string => tls.servername ?? host

/**
 * `expected` is what the certificate is compared with where it is an address: for names the driver asks for it itself, for addresses
 * it leaves that to Node.js, which then looks at `_host` and without it compares with `localhost`.
 */
function dial({ host, port = 3306 }: Endpoint, expected: string): net.Socket {
  const socket = net.connect({ host, port, noDelay: true, keepAlive: true })
  return Object.defineProperty(socket, '_host', { value: expected, writable: false, configurable: true })
}

const connectionOptions = (
  context: WireContext,
  endpoint: Endpoint,
  { username, password }: Credential,
  remaining: Duration,
): ConnectionOptions => ({
  host: nameToVerify(context, endpoint), // the socket is ours: of use only to TLS
  user: username,
  password: password.reveal(),
  ...(endpoint.database === undefined ? {} : { database: endpoint.database }),
  ...(context.tls.mode === 'disable' ? {} : { ssl: tlsOptions(context) }),
  charset: 'utf8mb4',
  flags: ['-LOCAL_FILES'],
  connectTimeout: Math.min(context.connectTimeout ?? 10_000, remaining),
  connectAttributes: { program_name: 'lockstep' },
})

/** A fresh object per connection: the driver keeps TLS sessions by it, and a resumed one is not verified again. */
const tlsOptions = ({ tls }: WireContext) => ({
  // explicit, so that NODE_TLS_REJECT_UNAUTHORIZED cannot weaken it
  rejectUnauthorized: tls.mode !== 'require',
  verifyIdentity: tls.mode === 'verify-full',
  ...(tls.ca === undefined ? {} : { ca: tls.ca }),
})

const connected = (connection: Connection): Promise<void> =>
  new Promise((resolve, reject) => {
    connection.once('connect', () => resolve())
    connection.once('error', reject)
  })

function requireLogin({ dialect }: WireContext, { username, password }: Credential, at: string): void {
  const length = [...username].length
  if (length === 0 || length > dialect.longestName || username.includes('\0'))
    throw new RotationError('value-unsuitable', `A user name has 1 to ${dialect.longestName} characters.`, { at })
  if (password.byteLength === 0) throw new RotationError('value-unsuitable', 'The password is empty.', { at })
  // the protocol ends a password at NUL
  if (password.reveal().includes('\0'))
    throw new RotationError('value-unsuitable', 'The password contains NUL.', { at })
}
