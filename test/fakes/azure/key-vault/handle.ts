import type { Call, CallLog } from '../common/calls.ts'
import type { Fault } from '../common/faults.ts'
import { ConnectionLost, type Handle, type WireAnswer, type WireRequest } from '../common/wire.ts'
import { authenticate, challenge, challengeHeaders } from './authenticate.ts'
import { badParameter, ServiceFault, throttled } from './errors.ts'
import { checkName } from './input.ts'
import { type Operation, operations, type Route, route } from './operations/index.ts'
import { checkFirewall } from './permissions.ts'
import type { Vault } from './vault.ts'
import { uuid, type World } from './world.ts'

export interface HandlerParts {
  readonly world: World
  /** The vault that an address stands for, `localhost` and 127.0.0.1, has no name of its own. */
  readonly home: string
  readonly calls: CallLog
  readonly sleep: (ms: number) => Promise<void>
}

interface Arrived extends Route {
  readonly sent: WireRequest
  readonly url: URL
  readonly vault: Vault
}

/** One request through log, faults, token, firewall, permissions and the operation, in this order. */
export function handler({ world, home, calls, sleep }: HandlerParts): Handle {
  return async sent => {
    world.events.raiseDue()
    const url = new URL(sent.url)
    const vault = world.vaults.get(vaultName(url.hostname, home))
    if (!vault) throw new ConnectionLost('ENOTFOUND')
    const found = route(sent.method, url.pathname)
    const bearer = sent.headers.authorization
    const call = calls.add(describe(world, vault, found, bearer))
    if (bearer === undefined) return failure(world, challenge(call), challengeHeaders())
    if (!found) return failure(world, note(call, badParameter('The method or path is not known.')))
    return respond(world, call, { sent, url, vault, ...found }, sleep)
  }
}

async function respond(world: World, call: Call, arrived: Arrived, sleep: HandlerParts['sleep']): Promise<WireAnswer> {
  const faults = world.faults.take(arrived.op)
  for (const fault of faults) if (typeof fault === 'object') await sleep(fault.latencyMs)
  try {
    const answer = applyWith(world, arrived, faults)
    if (faults.includes('lost-answer')) throw new ConnectionLost()
    return success(world, answer)
  } catch (error) {
    if (faults.includes('lost-answer') || error instanceof ConnectionLost) {
      call.error = 'lost'
      throw new ConnectionLost()
    }
    const fault = note(call, error instanceof ServiceFault ? error : internal(error))
    const headers = fault.status === 401 ? challengeHeaders('invalid_token') : {}
    const wait = fault.status === 429 ? { 'retry-after': String(world.faults.retryAfterSeconds) } : {}
    return failure(world, fault, { ...headers, ...wait })
  }
}

function applyWith(world: World, arrived: Arrived, faults: readonly Fault[]): object | undefined {
  for (const fault of faults) raise(fault)
  if (faults.includes('held')) {
    world.faults.hold(() => attempt(() => apply(world, arrived)))
    throw new ConnectionLost()
  }
  if (faults.includes('twice')) attempt(() => apply(world, arrived))
  return apply(world, arrived)
}

/** Nobody is told how it ended. */
function attempt(run: () => unknown): void {
  try {
    run()
  } catch (error) {
    if (!(error instanceof ServiceFault)) throw error
  }
}

function raise(fault: Fault): void {
  if (fault === 'reset') throw new ConnectionLost()
  if (fault === 'throttle') throw throttled()
  if (fault === 'expired-token') throw new ServiceFault(401, 'Unauthorized', 'The token is expired.')
  if (typeof fault !== 'string' || !fault.startsWith('error:')) return
  const [, status, code = ''] = fault.split(':')
  throw new ServiceFault(Number(status), code, 'An error of the fake.')
}

function apply(world: World, { op, name, version, sent, url, vault }: Arrived): object | undefined {
  const identity = authenticate(world, sent.headers.authorization ?? '')
  const operation: Operation = operations[op]
  const apiVersion = url.searchParams.get('api-version')
  if (apiVersion === null) throw badParameter('api-version must be specified')
  checkFirewall(vault, identity)
  world.permissions.check(identity, operation.needs, vault, name)
  if (name !== '' && op !== 'RestoreSecret') checkName(name)
  if (vault.readOnly && !operation.whenReadOnly) throw readOnly(vault)
  const mayBeStale = operation.stale === 'always' || (operation.stale !== undefined && version === undefined)
  return operation.run({
    world,
    vault,
    origin: url.origin,
    path: url.pathname,
    apiVersion,
    query: url.searchParams,
    name,
    version,
    body: sent.body,
    stale: mayBeStale ? world.faults.takeStaleness(op) : undefined,
  })
}

/** Which operations work is documented; how the others are answered is not: status, code and text are assumed. */
const readOnly = (vault: Vault): ServiceFault =>
  new ServiceFault(
    403,
    'Forbidden',
    `The key vault ${vault.name} is in read-only mode because its region failed over.`,
    'VaultIsReadOnly',
  )

const vaultName = (hostname: string, home: string): string =>
  ['localhost', '127.0.0.1'].includes(hostname) ? home : hostname.replace(/\.vault\.azure\.net$/, '').toLowerCase()

function describe(world: World, vault: Vault, found: Route | undefined, bearer: string | undefined): Call {
  const identity = world.tokens.read(bearer?.replace(/^Bearer /, '') ?? '')?.identity
  return {
    op: bearer === undefined ? 'challenge' : (found?.op ?? 'unknown'),
    at: vault.name,
    time: world.now(),
    ...(found?.name && { name: found.name }),
    ...(found?.version !== undefined && { version: found.version }),
    ...(identity !== undefined && { identity }),
  }
}

function note(call: Call, fault: ServiceFault): ServiceFault {
  call.error = fault.inner ?? fault.code
  return fault
}

/** A bug of the fake: its message may be shown, it runs in tests only. 501, which no client retries. */
const internal = (error: unknown) => new ServiceFault(501, 'InternalError', `fake: ${String(error)}`)

const headers = (world: World): Record<string, string> => ({
  'content-type': 'application/json; charset=utf-8',
  'cache-control': 'no-cache',
  'x-ms-request-id': uuid(world),
  'x-ms-keyvault-region': 'westeurope',
})

const success = (world: World, answer: object | undefined): WireAnswer =>
  answer === undefined
    ? { status: 204, headers: headers(world), body: '' }
    : { status: 200, headers: headers(world), body: JSON.stringify(answer) }

function failure(world: World, fault: ServiceFault, more: Record<string, string> = {}): WireAnswer {
  const { code, message, inner } = fault
  const error = { code, message, ...(inner !== undefined && { innererror: { code: inner } }) }
  return { status: fault.status, headers: { ...headers(world), ...more }, body: JSON.stringify({ error }) }
}
