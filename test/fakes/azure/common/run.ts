import type { Call } from './calls.ts'
import type { Fault, Faults } from './faults.ts'
import { ServiceFault } from './service-fault.ts'
import { ConnectionLost } from './wire.ts'

export interface Running<T> {
  readonly call: Call
  readonly faults: Faults
  readonly sleep: (ms: number) => Promise<void>
  readonly apply: () => T
  /** What this service says when it is asked too often. */
  readonly throttled: () => ServiceFault
}

/**
 * One request with what the plan has in store for it, noted in its call.
 * @throws ServiceFault what the service answers instead. @throws ConnectionLost nothing is answered.
 */
export async function run<T>({ call, faults, sleep, apply, throttled }: Running<T>): Promise<T> {
  const planned = faults.take(call.op)
  for (const fault of planned) if (typeof fault === 'object') await sleep(fault.latencyMs)
  const lost = planned.includes('lost-answer')
  try {
    for (const fault of planned) raise(fault, throttled)
    if (planned.includes('held')) {
      faults.hold(() => attempt(apply))
      throw new ConnectionLost()
    }
    if (planned.includes('twice')) attempt(apply)
    const answer = apply()
    if (lost) throw new ConnectionLost()
    return answer
  } catch (error) {
    const told = lost ? new ConnectionLost() : asFault(error)
    call.error = told instanceof ServiceFault ? (told.inner ?? told.code) : 'lost'
    throw told
  }
}

function raise(fault: Fault, throttled: () => ServiceFault): void {
  if (fault === 'reset') throw new ConnectionLost()
  if (fault === 'throttle') throw throttled()
  if (fault === 'expired-token') throw new ServiceFault(401, 'Unauthorized', 'The token is expired.')
  if (typeof fault !== 'string' || !fault.startsWith('error:')) return
  const [, status, code = ''] = fault.split(':')
  throw new ServiceFault(Number(status), code, 'An error of the fake.')
}

/** Nobody is told how it ended. */
function attempt(apply: () => unknown): void {
  try {
    apply()
  } catch (error) {
    if (!(error instanceof ServiceFault)) throw error
  }
}

/** Anything else is a bug of the fake: its message may be shown, it runs in tests only. 501, which no client retries. */
function asFault(error: unknown): ServiceFault | ConnectionLost {
  if (error instanceof ServiceFault || error instanceof ConnectionLost) return error
  return new ServiceFault(501, 'InternalError', `fake: ${String(error)}`)
}
