/**
 * Opening a session: one server, one connection, one login. TLS as configured and never less, ended by the caller's signal and
 * deadline.
 * @module
 */
import type { MongoClient, MongoClientOptions, ServerDescription } from 'mongodb'
import { isRotationError, RotationError } from '../../errors.ts'
import type { Duration } from '../../ports/clock.ts'
import type { TargetCall } from '../../ports/rotation-target.ts'
import type { Credential } from '../../secret/credential.ts'
import { asAdmin } from '../common/admin.ts'
import { driverOf } from '../common/driver.ts'
import type { Endpoint } from '../common/endpoint.ts'
import { interruptible, requireOpen } from '../common/interruption.ts'
import { tlsConnection } from '../common/tls.ts'
import type { Where } from '../common/transport.ts'
import { mapError, type Phase } from './errors.ts'
import type { Context } from './options.ts'
import { type Session, sessionOver } from './session.ts'

/** Logs in. Throws `auth-failed`, `tls-failed`, `target-unreachable`, `target-busy`, `unsupported`, `no-time`, `aborted`, … */
export async function openSession(
  context: Context,
  endpoint: Endpoint,
  credential: Credential,
  call: TargetCall,
  authSource = context.authSource,
): Promise<Session> {
  const at = endpoint.name
  // by its default, which is all that a bundle has of a package in CommonJS
  const { default: driver } = await driverOf('MongoDB', 'mongodb', () => import('mongodb'))
  const remaining = requireOpen(call, context.now(), at)
  requireLogin(credential, at)

  const where = { at, plaintext: context.tls.mode === 'disable' }
  const uri = `mongodb://${address(endpoint)}/`
  const options = clientOptions(context, endpoint, credential, authSource, remaining)
  const client = mapped(where, () => new driver.MongoClient(uri, options))
  const close = () => void client.close().catch(() => {})
  const interruption = interruptible(close, call.signal, remaining)
  const failed = (error: unknown, phase: Phase): RotationError => {
    const failure = mapError(error, phase, where)
    return isRotationError(failure, 'target-unreachable') ? (interruption.reason(at) ?? failure) : failure
  }
  try {
    const { type } = await connected(client)
    return sessionOver(client, { endpoint, writable: WRITABLE.includes(type) }, failed, () => {
      interruption.release()
      close()
    })
  } catch (error) {
    const reason = failed(error, 'login')
    interruption.release()
    close()
    throw reason
  }
}

/** The driver checks its options when it is made, and would show them. */
function mapped<T>(where: Where, make: () => T): T {
  try {
    return make()
  } catch (error) {
    throw mapError(error, 'login', where)
  }
}

const WRITABLE: readonly ServerDescription['type'][] = ['Standalone', 'RSPrimary', 'Mongos', 'LoadBalancer']

/** One attempt: left alone, the driver would go on trying to reach a server until its time is over. */
async function connected(client: MongoClient): Promise<ServerDescription> {
  let server: ServerDescription | undefined
  client.on('serverDescriptionChanged', ({ newDescription }) => {
    server = newDescription
  })
  const unreachable = new Promise<never>((_, reject) => {
    client.once('serverHeartbeatFailed', ({ failure }) => reject(failure))
  })
  unreachable.catch(() => {})
  await Promise.race([client.connect(), unreachable])
  return server!
}

/** The admin's session at one endpoint. None: `permission-missing`. Refused: `admin-refused`. */
export const openAdmin = (context: Context, endpoint: Endpoint, call: TargetCall): Promise<Session> =>
  asAdmin(context.admin, endpoint, (on, credential) =>
    openSession(context, on, credential, call, context.adminAuthSource ?? 'admin'),
  )

/** A session where changes are taken, the first that is found. No endpoint takes any: `target-busy`. */
export async function openWritable(context: Context, open: (endpoint: Endpoint) => Promise<Session>): Promise<Session> {
  let failure: unknown
  for (const endpoint of context.endpoints.filter(({ role }) => role === 'writer'))
    try {
      const session = await open(endpoint)
      if (session.writable) return session
      session.close()
    } catch (error) {
      if (!isRotationError(error, 'target-unreachable', 'target-busy')) throw error
      failure = error
    }
  throw failure ?? noPrimary()
}

export const noPrimary = (): RotationError =>
  new RotationError('target-busy', 'No endpoint with the role writer takes changes: a fail-over may be under way.', {
    next: 'Run the same command again; if it stays, compare the endpoints with the members of the set.',
  })

/** Between brackets if it is an address of IPv6. A host that would be read as several, or as something else: `config-invalid`. */
function address({ host, port = 27017, name }: Endpoint): string {
  if (host === '' || /[\s,/@?#%[\]]/.test(host))
    throw new RotationError('config-invalid', 'The host of an endpoint must be one name or one address.', { at: name })
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

function clientOptions(
  context: Context,
  endpoint: Endpoint,
  { username, password }: Credential,
  authSource: string,
  remaining: Duration,
): MongoClientOptions {
  const tls = tlsConnection(context.tls, endpoint.host)
  const patience = Math.max(1, Math.min(context.connectTimeout ?? 10_000, remaining))
  return {
    auth: { username, password: password.reveal() },
    authSource,
    tls: tls !== false,
    ...(tls as MongoClientOptions),
    appName: 'lockstep',
    // this server and no other: not the set's primary, which the driver would look for
    directConnection: true,
    maxPoolSize: 1,
    connectTimeoutMS: patience,
    serverSelectionTimeoutMS: patience,
    // so that a goodbye to a server that has gone comes to an end
    socketTimeoutMS: Math.max(1, Math.min(remaining, 60_000)),
    serverMonitoringMode: 'poll',
    heartbeatFrequencyMS: 3_600_000,
    // a change is sent once; whether it is sent again is decided by who sees the whole
    retryReads: false,
    retryWrites: false,
  }
}

function requireLogin({ username, password }: Credential, at: string): void {
  const unsuitable = (message: string) => new RotationError('value-unsuitable', message, { at })
  if (username === '' || username.includes('\0')) throw unsuitable('The user name is empty or contains NUL.')
  if (password.byteLength === 0) throw unsuitable('The password is empty.')
}
