/**
 * What stands between one simulated process and the stores of all regions: the hub, which numbers every call under the name of its
 * place (`us.putPending`, `register.promote`), and the troubles that a place is in.
 * @module
 */
import { RotationError } from '../../../errors.ts'
import type { Call, SecretState } from '../../../ports/secret-store.ts'
import type { RegisterStore } from '../../../replication/store-register.ts'
import type { MemoryStore } from '../../memory-store.ts'
import type { Hub, Worker } from '../hub.ts'

/**
 * `down`: no call arrives. `slow`: each takes effect, and its answer comes after everybody has given up. `read-only`: changes are
 * denied. `throttled`: every other call is refused.
 */
export type Trouble = 'down' | 'slow' | 'read-only' | 'throttled'

/** A member, or the register. */
export interface Place {
  readonly name: string
  readonly store: MemoryStore
  /** What it showed before its last change: for reads that are answered from there. */
  before: SecretState | undefined
  calls: number
}

const changes = new Set([
  'put',
  'create',
  'putPending',
  'promote',
  'discardPending',
  'claimRetire',
  'retirePrevious',
  'republish',
  'note',
])

export interface Wire {
  readonly hub: Hub
  readonly worker: Worker
  /** Asked when the call arrives, not when it was made. */
  readonly trouble: (place: string) => Trouble | undefined
}

type Method = (...args: unknown[]) => Promise<unknown>

/** The store of a place as one process has it. */
export function wired(place: Place, wire: Wire): RegisterStore {
  const { store } = place
  return new Proxy(store, {
    get(inner, property) {
      const member = Reflect.get(inner, property, inner) as unknown
      if (typeof member !== 'function') return member
      return (...args: unknown[]) => called(place, wire, String(property), member.bind(inner) as Method, args)
    },
  })
}

function called(place: Place, { hub, worker, trouble }: Wire, method: string, ask: Method, args: unknown[]) {
  const { name, store } = place
  const isChange = changes.has(method)
  const call = args.at(-1) as Call
  const effect = (given: unknown[]) => async () => {
    refuse(place, trouble(name), isChange)
    if (isChange) await remember(place, String(args[0]))
    const answer = await ask(...given)
    if (trouble(name) === 'slow') throw new RotationError('store-unavailable', 'The answer has come too late.')
    return answer
  }
  const later = () => ({ effect: effect([...args.slice(0, -1), store.frozen(call)]), deadline: call.deadline })
  const old = method === 'describe' ? { old: async () => place.before ?? ask(...args) } : {}
  return hub.call(worker, 'store', `${name}.${method}`, effect(args), { later, changes: isChange, ...old })
}

function refuse(place: Place, trouble: Trouble | undefined, isChange: boolean): void {
  if (trouble === 'down') throw new RotationError('store-unavailable', 'Not reachable.')
  if (trouble === 'read-only' && isChange) throw new RotationError('access-denied', 'Changes are denied.')
  if (trouble === 'throttled' && place.calls++ % 2 === 0) throw new RotationError('busy', 'Too many calls.')
}

/** With eyes of its own: what a run has seen stays as it is. */
async function remember(place: Place, id: string): Promise<void> {
  const call: Call = { signal: new AbortController().signal, deadline: Number.POSITIVE_INFINITY, run: {} }
  place.before = (await place.store.describe(id, call)) ?? place.before
}
