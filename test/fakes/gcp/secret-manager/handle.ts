import type { Call, CallLog } from './calls.ts'
import { ConnectionLost, isStatus, ServiceFault } from './errors.ts'
import type { Fault } from './faults.ts'
import { type Input, resourceOf } from './input.ts'
import { checkProject } from './names.ts'
import { operations } from './operations/index.ts'
import { unauthenticated } from './permissions.ts'
import { throttled } from './quotas.ts'
import { settle } from './schedule.ts'
import type { World } from './world.ts'

export interface WireRequest {
  /** The method's name in the proto: `AccessSecretVersion`. */
  readonly op: string
  /** As the client's protos decode it. */
  readonly input: object
  /** The bearer token; default `test`. */
  readonly token?: string | undefined
  /** Of the regional endpoint it came to. Default: the global endpoint. */
  readonly location?: string | undefined
}

/**
 * One request without a socket: the answer as the client's protos encode it.
 * @throws ServiceFault what the service answers, ConnectionLost where a socket would close; nothing else. `silence` never
 * settles.
 */
export type Handle = (request: WireRequest) => Promise<object>

export interface HandlerParts {
  readonly world: World
  readonly calls: CallLog
  readonly sleep: (ms: number) => Promise<void>
}

/** Log, faults, credentials, quotas, IAM and the operation, in this order. */
export function handler({ world, calls, sleep }: HandlerParts): Handle {
  return async request => {
    const faults = world.faults.take(request.op)
    const call = calls.add(describe(request, world.now()))
    for (const fault of faults) if (typeof fault === 'object') await sleep(fault.latencyMs)
    try {
      const answer = apply(world, request, call, faults)
      await after(faults)
      return answer
    } catch (error) {
      const fault = await failure(error, faults)
      call.error = fault instanceof ServiceFault ? fault.status : 'lost'
      throw fault
    }
  }
}

function describe({ op, input, token = 'test', location }: WireRequest, at: number): Call {
  return { op, resource: resourceOf(input), token, at, ...(location !== undefined && { location }) }
}

function apply(world: World, request: WireRequest, call: Call, faults: readonly Fault[]): object {
  for (const fault of faults) before(fault, world)
  settle(world)
  const operation = operations[request.op]
  if (!operation) throw new ServiceFault('UNIMPLEMENTED', `Method not found: ${request.op}.`)
  world.permissions.checkCredentials(call.token)
  const input: Input = request.input
  const { resource } = call
  world.quotas.count(
    { op: request.op, resource, regional: request.location !== undefined, at: call.at },
    world.project.number,
  )
  const site = { project: world.project, location: request.location }
  const permission = `secretmanager.${operation.permission}`
  checkProject(site, resource, permission)
  if (operation.permission !== undefined) world.permissions.check(call.token, permission, resource)
  const stale = operation.read && world.faults.takeStaleness(request.op)
  return operation.run({ world, site, token: call.token, stale: stale || undefined }, input)
}

function before(fault: Fault, world: World): void {
  if (fault === 'reset' || fault === 'silence') throw new ConnectionLost()
  if (fault === 'throttle') throw throttled(world.project.number)
  if (fault === 'expired-token') throw unauthenticated()
  if (fault === 'unavailable') throw new ServiceFault('UNAVAILABLE', 'The service is currently unavailable.')
  if (fault === 'deadline') throw deadline()
  if (typeof fault !== 'string' || !fault.startsWith('error:')) return
  const status = fault.slice('error:'.length)
  throw new ServiceFault(isStatus(status) ? status : 'UNKNOWN', 'An error of the fake.')
}

const deadline = () => new ServiceFault('DEADLINE_EXCEEDED', 'Deadline expired before operation could complete.')

/** What happens to the answer of a call that was applied, or refused. */
async function after(faults: readonly Fault[]): Promise<void> {
  if (faults.includes('silence-applied') || faults.includes('silence')) await new Promise(() => {})
  if (faults.includes('lost-answer')) throw new ConnectionLost()
  if (faults.includes('deadline-applied')) throw deadline()
}

async function failure(error: unknown, faults: readonly Fault[]): Promise<ServiceFault | ConnectionLost> {
  try {
    await after(faults)
  } catch (fault) {
    return fault as ServiceFault | ConnectionLost
  }
  if (error instanceof ServiceFault || error instanceof ConnectionLost) return error
  // A bug of the fake: its message may be shown, it runs in tests only.
  return new ServiceFault('INTERNAL', `fake: ${error instanceof Error ? error.stack : String(error)}`)
}
