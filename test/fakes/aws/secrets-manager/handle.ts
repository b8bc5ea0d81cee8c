import { authorize } from './authorize.ts'
import type { Call, CallLog } from './calls.ts'
import { ConnectionLost, ServiceFault } from './errors.ts'
import type { Fault } from './faults.ts'
import { uuid } from './ids.ts'
import type { Input } from './input.ts'
import { operations, reads } from './operations/index.ts'
import type { World } from './world.ts'

export interface WireRequest {
  /** The header X-Amz-Target: `secretsmanager.<Operation>`. */
  readonly target: string
  readonly body: string
  readonly accessKeyId: string
  /** Default: the fake's own. */
  readonly region?: string
}

export interface WireAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export type Handle = (request: WireRequest) => Promise<WireAnswer>

export interface HandlerParts {
  readonly world: World
  readonly region: string
  readonly calls: CallLog
  readonly sleep: (ms: number) => Promise<void>
}

/**
 * One request through log, faults, credentials, IAM and the operation, in this order.
 * @throws ConnectionLost where a socket would close without an answer; nothing else.
 */
export function handler({ world, region: home, calls, sleep }: HandlerParts): Handle {
  return async ({ target, body, accessKeyId, region = home }) => {
    const op = target.replace(/^secretsmanager\./, '')
    const input = parse(body)
    const call = calls.add(describeCall(op, input, region, accessKeyId, world.now()))
    const faults = world.faults.take(op)
    for (const fault of faults) if (typeof fault === 'object') await sleep(fault.latencyMs)
    try {
      const answer = apply(world, region, accessKeyId, op, input, faults)
      if (faults.includes('lost-answer')) throw new ConnectionLost()
      return success(world, answer)
    } catch (error) {
      if (faults.includes('lost-answer') || error instanceof ConnectionLost) {
        call.error = 'lost'
        throw new ConnectionLost()
      }
      const fault = error instanceof ServiceFault ? error : internal(error)
      call.error = fault.code
      return failure(world, fault)
    }
  }
}

function apply(
  world: World,
  region: string,
  accessKeyId: string,
  op: string,
  input: Input | undefined,
  faults: readonly Fault[],
): object {
  for (const fault of faults) raise(fault)
  world.permissions.checkCredentials(accessKeyId)
  const operation = operations[op]
  if (!operation) throw new ServiceFault('UnknownOperationException', 'The operation is not known.')
  if (!input) throw new ServiceFault('SerializationException', 'The request is not JSON.')
  const stale = reads.has(op) ? world.faults.takeStaleness(op) : undefined
  const request = { world, region, accessKeyId, stale }
  authorize(request, op, input)
  return operation(request, input)
}

function raise(fault: Fault): void {
  if (fault === 'reset') throw new ConnectionLost()
  if (fault === 'throttle') throw new ServiceFault('ThrottlingException', 'Rate exceeded')
  if (fault === 'expired-token') {
    throw new ServiceFault('ExpiredTokenException', 'The security token included in the request is expired')
  }
  if (typeof fault !== 'string' || !fault.startsWith('error:')) return
  const code = fault.slice('error:'.length)
  throw new ServiceFault(code, 'An error of the fake.', code === 'InternalServiceError' ? 500 : 400)
}

/** A bug of the fake: its message may be shown, it runs in tests only. */
const internal = (error: unknown) => new ServiceFault('InternalServiceError', `fake: ${String(error)}`, 500)

function parse(body: string): Input | undefined {
  try {
    const value: unknown = JSON.parse(body || '{}')
    return typeof value === 'object' && value !== null ? (value as Input) : undefined
  } catch {
    return undefined
  }
}

function describeCall(op: string, input: Input | undefined, region: string, accessKeyId: string, at: number): Call {
  const secretId = input?.SecretId ?? input?.Name
  return { op, region, accessKeyId, at, ...(typeof secretId === 'string' && { secretId }) }
}

const headers = (world: World): Record<string, string> => ({
  'content-type': 'application/x-amz-json-1.1',
  'x-amzn-requestid': uuid(world),
})

const success = (world: World, answer: object): WireAnswer => ({
  status: 200,
  headers: headers(world),
  body: JSON.stringify(answer),
})

/** `Message` with a capital M, as recorded on AWS. */
const failure = (world: World, fault: ServiceFault): WireAnswer => ({
  status: fault.status,
  headers: { ...headers(world), 'x-amzn-errortype': fault.code },
  body: JSON.stringify({ __type: fault.code, Message: fault.message }),
})
