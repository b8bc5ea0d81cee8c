import type { Call, CallLog } from '../common/calls.ts'
import { run } from '../common/run.ts'
import { ServiceFault } from '../common/service-fault.ts'
import { ConnectionLost, type Handle, type WireAnswer, type WireRequest } from '../common/wire.ts'
import { authenticate, challenge, challengeHeaders } from './authenticate.ts'
import { authorize, checkFirewall } from './authorize.ts'
import { badParameter, readOnly, throttled } from './errors.ts'
import { checkName } from './input.ts'
import { type Operation, operations, type Route, route } from './operations/index.ts'
import type { Vault } from './vault.ts'
import { uuid, type World } from './world.ts'

export interface HandlerParts {
  readonly world: World
  /** The vault that `localhost` and 127.0.0.1 stand for. */
  readonly home: string
  readonly calls: CallLog
  readonly sleep: (ms: number) => Promise<void>
}

interface Arrived {
  readonly sent: WireRequest
  readonly url: URL
  readonly vault: Vault
  /** Undefined: no such operation. */
  readonly route: Route | undefined
}

/** One request through log, faults, token, firewall, permissions and the operation, in this order. */
export function handler({ world, home, calls, sleep }: HandlerParts): Handle {
  return async sent => {
    world.events.raiseDue()
    const url = new URL(sent.url)
    const vault = world.vaults.get(vaultName(url.hostname, home))
    if (!vault) throw new ConnectionLost('ENOTFOUND')
    const arrived: Arrived = { sent, url, vault, route: route(sent.method, url.pathname) }
    const call = calls.add(describe(world, arrived))
    if (sent.headers.authorization === undefined) return failure(world, challenge(call), challengeHeaders())
    try {
      const apply = () => applyTo(world, arrived)
      return success(world, await run({ call, faults: world.faults, sleep, apply, throttled }))
    } catch (error) {
      if (!(error instanceof ServiceFault)) throw error
      return failure(world, error, more(world, error))
    }
  }
}

function applyTo(world: World, { sent, url, vault, route }: Arrived): object | undefined {
  const identity = authenticate(world, sent.headers.authorization ?? '')
  if (!route) throw badParameter('The method or path is not known.')
  const { op, name, version } = route
  const operation: Operation = operations[op]
  const apiVersion = url.searchParams.get('api-version')
  if (apiVersion === null) throw badParameter('api-version must be specified')
  checkFirewall(vault, identity)
  authorize(world.permissions, identity, operation.needs, vault, name)
  if (name !== '' && op !== 'RestoreSecret') checkName(name)
  if (vault.readOnly && !operation.whenReadOnly) throw readOnly(vault.name)
  const mayBeStale = operation.stale === 'always' || (operation.stale !== undefined && version === undefined)
  const stale = mayBeStale ? world.faults.takeStaleness(op) : undefined
  const asked = { name, version, apiVersion, path: url.pathname, query: url.searchParams, body: sent.body }
  return operation.run({ world, vault, origin: url.origin, stale, ...asked })
}

const vaultName = (hostname: string, home: string): string =>
  ['localhost', '127.0.0.1'].includes(hostname) ? home : hostname.replace(/\.vault\.azure\.net$/, '').toLowerCase()

function describe(world: World, { sent, vault, route }: Arrived): Call {
  const bearer = sent.headers.authorization
  const identity = world.tokens.read(bearer?.replace(/^Bearer /, '') ?? '')?.identity
  return {
    op: bearer === undefined ? 'challenge' : (route?.op ?? 'unknown'),
    at: vault.name,
    time: world.now(),
    ...(route?.name && { name: route.name }),
    ...(route?.version !== undefined && { version: route.version }),
    ...(identity !== undefined && { identity }),
  }
}

const headers = (world: World): Record<string, string> => ({
  'content-type': 'application/json; charset=utf-8',
  'cache-control': 'no-cache',
  'x-ms-request-id': uuid(world),
  'x-ms-keyvault-region': 'westeurope',
})

function more({ faults }: World, { status }: ServiceFault): Record<string, string> {
  if (status === 401) return challengeHeaders('invalid_token')
  return status === 429 ? { 'retry-after': String(faults.retryAfterSeconds) } : {}
}

const success = (world: World, answer: object | undefined): WireAnswer =>
  answer === undefined
    ? { status: 204, headers: headers(world), body: '' }
    : { status: 200, headers: headers(world), body: JSON.stringify(answer) }

function failure(world: World, fault: ServiceFault, more: Record<string, string> = {}): WireAnswer {
  const { code, message, inner } = fault
  const error = { code, message, ...(inner !== undefined && { innererror: { code: inner } }) }
  return { status: fault.status, headers: { ...headers(world), ...more }, body: JSON.stringify({ error }) }
}
