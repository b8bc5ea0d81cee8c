/**
 * A secret looked at from all sides, without changing anything: its value, each endpoint, the target's own findings.
 * @module
 */
import { type ExitCode, isRotationError, RotationError } from '../core/errors.ts'
import type { Finding } from '../core/ports/rotation-target.ts'
import type { Credential } from '../core/secret/credential.ts'
import type { Door } from './compose.ts'
import { type Look, lookAt } from './look.ts'
import type { Session } from './session.ts'

export interface EndpointReport {
  readonly endpoint: string
  /** Undefined: it could not be asked. */
  readonly accepts: boolean | undefined
  readonly error?: RotationError
}

export interface Inspection {
  readonly secret: string
  /** The login that current names. */
  readonly user?: string
  readonly endpoints: readonly EndpointReport[]
  readonly findings: readonly Finding[]
  /** What kept us from looking further. */
  readonly error?: RotationError
  readonly exit: 0 | ExitCode
}

const NEEDS_A_PERSON = 4

/** Store and target. A store that cannot be read is told like everything else, and does not hide the other secrets. */
export async function inspect(session: Session, name: string): Promise<Inspection> {
  let look: Look
  try {
    look = await lookAt(session.workspace, name, session.call)
  } catch (error) {
    if (!isRotationError(error) || KEYS.includes(error.code)) throw error
    return { secret: name, endpoints: [], findings: [], error: error.in({ secret: name }), exit: error.exitCode }
  }
  return inspectTarget(session, look)
}

/** The same for every secret: said once, by the command as a whole. */
const KEYS: readonly string[] = ['key-missing', 'key-exposed', 'driver-missing', 'store-corrupt', 'aborted']

export async function inspectTarget(session: Session, look: Look): Promise<Inspection> {
  const { workspace } = session
  const { secret } = look
  const endpoints: EndpointReport[] = []
  const seen = { secret: secret.name, endpoints }
  try {
    const credential = await currentOf(session, look)
    const target = await workspace.target(secret)
    if (target.kind === 'settable') target.nextUsername(credential)
    for (const door of await workspace.doors(secret)) endpoints.push(await ask(door, credential, session))
    const findings = await target.examine(credential, session.call)
    return { ...seen, user: credential.username, findings, exit: exitOf(endpoints, findings) }
  } catch (error) {
    if (!isRotationError(error)) throw error
    const told = endpoints.some(report => report.error?.code === error.code)
    return { ...seen, findings: [], ...(!told && { error: error.in({ secret: secret.name }) }), exit: error.exitCode }
  }
}

async function currentOf({ workspace, call }: Session, { secret, state }: Look): Promise<Credential> {
  if (!state) throw new RotationError('secret-not-found', `The store ${secret.store} has no secret ${secret.id}.`)
  const current = await (await workspace.store(secret.store)).read(secret.id, state.current.version, call)
  if (!current) throw new RotationError('stale', 'Current has just been replaced.')
  if (current.value === 'disabled') throw new RotationError('refused', 'Current is disabled in the store.')
  return workspace.shape(secret).read(current.value)
}

async function ask(door: Door, credential: Credential, { call }: Session): Promise<EndpointReport> {
  try {
    const { refused } = await door.accepts(credential, call)
    return { endpoint: door.endpoint, accepts: refused.length === 0 }
  } catch (error) {
    if (!isRotationError(error)) throw error
    return { endpoint: door.endpoint, accepts: undefined, error }
  }
}

function exitOf(endpoints: readonly EndpointReport[], findings: readonly Finding[]): 0 | ExitCode {
  const failed = endpoints.find(({ accepts }) => accepts !== true)
  if (failed) return failed.error?.exitCode ?? NEEDS_A_PERSON
  return findings.some(({ weight }) => weight === 'blocks') ? NEEDS_A_PERSON : 0
}
