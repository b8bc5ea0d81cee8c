/**
 * Opening a session: TLS as configured and never less, ended by the caller's signal and deadline.
 * @module
 */
import { isIP } from 'node:net'
import { isRotationError, RotationError } from '../../errors.ts'
import type { TargetCall } from '../../ports/rotation-target.ts'
import type { Credential } from '../../secret/credential.ts'
import { asAdmin } from '../common/admin.ts'
import { driverOf } from '../common/driver.ts'
import { type Interruption, interruptible, requireOpen } from '../common/interruption.ts'
import { tlsConnection } from '../common/tls.ts'
import { mapError, type Phase } from './errors.ts'
import type { Context, Endpoint } from './options.ts'
import { type Session, sessionOver } from './session.ts'

/**
 * Logs in; without a credential the session is nobody's, as Sentinels allow. Throws `auth-failed`, `login-locked`, `tls-failed`,
 * `target-unreachable`, `target-busy`, `no-time`, `aborted`, …
 */
export async function openSession(
  context: Context,
  endpoint: Endpoint,
  credential: Credential | undefined,
  call: TargetCall,
): Promise<Session> {
  const at = endpoint.name
  const { createClient } = await driver()
  const remaining = requireOpen(call, context.now(), at)
  if (credential !== undefined) requireLogin(credential, at)

  const cut = new AbortController()
  const patience = Math.min(context.connectTimeout ?? 10_000, remaining)
  let interruption: Interruption = interruptible(() => cut.abort(), call.signal, patience)
  const client = createClient({
    RESP: 2,
    disableClientInfo: true,
    maintNotifications: 'disabled',
    // The driver makes its class of commands anew for options that it has not just seen: what bounds a login is `cut`, not a number.
    socket: { ...socketOptions(context, endpoint), signal: cut.signal },
    ...(credential && { credentialsProvider: provider(credential) }),
  } as Parameters<typeof createClient>[0])
  client.on('error', () => {}) // a lost connection is reported by the command that misses its answer
  const failed = (error: unknown, phase: Phase): RotationError => {
    const mapped = mapError(error, phase, { at, plaintext: context.tls.mode === 'disable' })
    return isRotationError(mapped, 'target-unreachable') ? (interruption.reason(at) ?? mapped) : mapped
  }
  try {
    await client.connect()
  } catch (error) {
    interruption.release()
    client.destroy()
    throw failed(error, 'login')
  }
  interruption.release()
  interruption = interruptible(() => cut.abort(), call.signal, Math.max(1, call.deadline - context.now()))
  return sessionOver({ sendCommand: command => client.sendCommand([...command]) }, endpoint, failed, () => {
    interruption.release()
    client.destroy()
  })
}

/** The admin's session. None: `permission-missing`. Refused: `admin-refused`. */
export const openAdmin = (context: Context, call: TargetCall, endpoint: Endpoint): Promise<Session> =>
  asAdmin(context.admin, endpoint, (on, credential) => openSession(context, on, credential, call))

function socketOptions({ tls }: Context, { host, port = 6379 }: Endpoint): object {
  const common = { host, port, connectTimeout: 0, reconnectStrategy: false }
  const secured = tlsConnection(tls, host)
  if (secured === false) return common
  // the name for the server to choose its certificate by; an address is none
  return { ...common, ...(isIP(host) === 0 ? { servername: host } : {}), ...secured, tls: true }
}

const provider = ({ username, password }: Credential) => ({
  type: 'async-credentials-provider' as const,
  credentials: async () => ({ username, password: password.reveal() }),
})

// by its default, which is all that a bundle has of a package in CommonJS
const driver = () => driverOf('Redis', '@redis/client', async () => (await import('@redis/client')).default)

function requireLogin({ username, password }: Credential, at: string): void {
  if (username === '' || /[\s\0]/.test(username))
    throw new RotationError('value-unsuitable', 'A user name of Redis is not empty and has no spaces.', { at })
  if (password.byteLength === 0) throw new RotationError('value-unsuitable', 'The password is empty.', { at })
}
