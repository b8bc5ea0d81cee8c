/**
 * One session with one server: TLS as configured, ended by the caller's signal and deadline, foreign errors mapped.
 * @module
 */
import net from 'node:net'
import { type ConnectionOptions, checkServerIdentity } from 'node:tls'
import type { Client } from 'pg'
import { type ErrorCode, isRotationError, RotationError } from '../../errors.ts'
import type { TargetCall } from '../../ports/rotation-target.ts'
import type { Credential } from '../../secret/credential.ts'
import { mapError, type Phase } from './errors.ts'
import { type Context, type Endpoint, writerOf } from './options.ts'

export type Row = Readonly<Record<string, unknown>>

export interface Session {
  readonly endpoint: Endpoint
  /** One round trip. Several statements in one text (without values): the rows of the last. */
  query(text: string, values?: readonly unknown[]): Promise<readonly Row[]>
  /** As `query`, but an answer that does not come means `unknown-outcome`. */
  change(text: string): Promise<void>
  /** One statement, never several, as a client library sends it; fails with `probe-failed`. */
  probe(text: string): Promise<void>
  close(): Promise<void>
}

/** Logs in. Throws `auth-failed`, `login-locked`, `tls-failed`, `target-unreachable`, `target-busy`, `no-time`, `aborted`, … */
export async function openSession(
  context: Context,
  endpoint: Endpoint,
  credential: Credential,
  call: TargetCall,
): Promise<Session> {
  const at = endpoint.name
  const remaining = call.deadline - context.now()
  if (call.signal.aborted) throw new RotationError('aborted', 'The run was interrupted.', { at })
  if (remaining <= 0) throw new RotationError('no-time', 'No time is left for a login.', { at })
  requireLogin(credential, at)

  const socket = new net.Socket()
  let stopped: ErrorCode | undefined
  const stop = (why: ErrorCode) => () => {
    stopped ??= why
    socket.destroy()
  }
  const onAbort = stop('aborted')
  call.signal.addEventListener('abort', onAbort)
  const deadline = setTimeout(stop('target-unreachable'), Math.min(remaining, 2 ** 31 - 1))
  const release = () => {
    clearTimeout(deadline)
    call.signal.removeEventListener('abort', onAbort)
  }

  const { default: pg } = await driver()
  const client = new pg.Client({
    host: endpoint.host,
    port: endpoint.port ?? 5432,
    database: endpoint.database,
    user: credential.username,
    // a function, for an absent or empty one would make pg look into the environment and ~/.pgpass
    password: () => credential.password.reveal(),
    ssl: tlsOptions(context, endpoint),
    stream: () => socket,
    connectionTimeoutMillis: Math.min(context.connectTimeout ?? 10_000, remaining),
    application_name: 'lockstep',
  })
  client.on('error', () => {}) // a lost connection is reported by the query that misses its answer
  const failed = (error: unknown, phase: Phase): RotationError => {
    const mapped = mapError(error, phase, { at, plaintext: context.tls.mode === 'disable' })
    const interrupted = stopped !== undefined && isRotationError(mapped, 'target-unreachable')
    return interrupted ? new RotationError(stopped!, stopText(stopped!), { at }) : mapped
  }

  try {
    await client.connect()
  } catch (error) {
    release()
    socket.destroy()
    throw failed(error, 'login')
  }
  return session(client, endpoint, failed, async () => {
    release()
    await farewell(client, socket)
  })
}

const stopText = (why: ErrorCode): string =>
  why === 'aborted' ? 'The run was interrupted.' : 'The time for this step ended before the server answered.'

function session(
  client: Client,
  endpoint: Endpoint,
  failed: (error: unknown, phase: Phase) => RotationError,
  close: () => Promise<void>,
): Session {
  const run = async (phase: Phase, config: { text: string; values?: unknown[]; queryMode?: 'extended' }) => {
    try {
      const result = await client.query(config)
      return ((Array.isArray(result) ? result.at(-1) : result) as { rows: Row[] }).rows
    } catch (error) {
      throw failed(error, phase)
    }
  }
  return {
    endpoint,
    query: (text, values) => run('statement', values === undefined ? { text } : { text, values: [...values] }),
    change: async text => void (await run('change', { text })),
    probe: async text => void (await run('probe', { text, queryMode: 'extended' })),
    close,
  }
}

/** Says goodbye, but does not wait long for a server that has gone. */
async function farewell(client: Client, socket: net.Socket): Promise<void> {
  const impatience = setTimeout(() => socket.destroy(), 500)
  await client.end().catch(() => {})
  clearTimeout(impatience)
  socket.destroy()
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

function tlsOptions({ tls }: Context, { host }: Endpoint): false | ConnectionOptions {
  if (tls.mode === 'disable') return false
  const expected = tls.servername ?? host
  return {
    // explicit, so that NODE_TLS_REJECT_UNAUTHORIZED cannot weaken it
    rejectUnauthorized: tls.mode !== 'require',
    // of its own, because pg overwrites `servername` with the host that it dials
    checkServerIdentity: (_, certificate) =>
      tls.mode === 'verify-full' ? checkServerIdentity(expected, certificate) : undefined,
    ...(tls.ca === undefined ? {} : { ca: tls.ca }),
    ...(tls.servername === undefined ? {} : { servername: tls.servername }),
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

/** Closes the session afterwards, whatever happens. */
export async function using<T>(opening: Promise<Session>, work: (session: Session) => Promise<T>): Promise<T> {
  const session = await opening
  try {
    return await work(session)
  } finally {
    await session.close()
  }
}

/** The admin's session, on the writer if not said otherwise. Refused: `admin-refused`. */
export async function openAdmin(context: Context, call: TargetCall, endpoint = writerOf(context)): Promise<Session> {
  if (context.admin === undefined)
    throw new RotationError('permission-missing', 'Without an admin secret no other login can be changed.', {
      at: endpoint.name,
      next: 'Name an admin secret for this target in lockstep.yml.',
    })
  try {
    return await openSession(context, endpoint, await context.admin(), call)
  } catch (error) {
    if (!isRotationError(error, 'auth-failed', 'login-locked')) throw error
    throw new RotationError('admin-refused', 'The server refused the admin login.', {
      at: endpoint.name,
      foreign: error.foreign,
    })
  }
}
