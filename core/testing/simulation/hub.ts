/**
 * Where every port call of a simulated run goes through: numbered, delayed by the virtual clock, and met by faults.
 * @module
 */

import { RotationError } from '../../errors.ts'
import type { AuditSink } from '../../ports/audit-sink.ts'
import type { Clock, Duration, Instant } from '../../ports/clock.ts'
import type { RotationTarget } from '../../ports/rotation-target.ts'
import type { Call, SecretStore } from '../../ports/secret-store.ts'
import type { MemoryStore } from '../memory-store.ts'

/**
 * `die-before`, `die-after`: the process ends around the call's effect. `lost`: the effect happens, the answer does not come.
 * `failed`: no effect, an error. `dropped`: no effect, no answer. `late`: no answer, and the effect happens later.
 * `stale`, `older`: a read is answered from a state that is a moment, or a while, old.
 */
export type Fault = 'die-before' | 'die-after' | 'lost' | 'failed' | 'dropped' | 'late' | 'stale' | 'older'

export const CALL_TIME: Duration = 5

export class VirtualClock implements Clock {
  #now: Instant = Date.UTC(2030, 0, 1)

  now(): Instant {
    return this.#now
  }

  advance(ms: Duration): void {
    this.#now += ms
  }

  advanceTo(instant: Instant): void {
    this.#now = Math.max(this.#now, instant)
  }

  async sleep(ms: Duration): Promise<void> {
    this.advance(ms)
  }
}

/** One simulated process. Once dead, its calls neither take effect nor answer. */
export class Worker {
  readonly died: Promise<'died'>
  dead = false
  /** Holds each call until the explorer lets it go on. */
  gate: ((call: string) => Promise<void>) | undefined
  #die!: (value: 'died') => void

  constructor() {
    this.died = new Promise(resolve => {
      this.#die = resolve
    })
  }

  die(): void {
    this.dead = true
    this.#die('died')
  }
}

/** A call without an answer takes effect before its deadline or not at all: no service keeps a request for longer. */
interface Late<T> {
  readonly effect: () => Promise<T>
  readonly deadline: Instant
}

const never = new Promise<never>(() => {})

/** `service`: one request of an adapter on the wire; its failures look like those of a socket. */
type Kind = 'store' | 'target' | 'audit' | 'service'
const socket = (code: string) => () => Object.assign(new Error('No answer.'), { code })
const lostAnswer = {
  service: socket('ECONNRESET'),
  store: () => new RotationError('unknown', 'No answer.'),
  target: () => new RotationError('unknown-outcome', 'No answer.'),
  audit: () => new RotationError('store-unavailable', 'No answer.'),
}
const failure = {
  service: socket('ECONNREFUSED'),
  store: () => new RotationError('store-unavailable', 'Not reachable.'),
  target: () => new RotationError('target-unreachable', 'Not reachable.'),
  audit: () => new RotationError('store-unavailable', 'Not reachable.'),
}

/** Calls that change something; the others have no effect that could be lost or late. */
const changing = new Set([
  'store.putPending',
  'store.promote',
  'store.discardPending',
  'store.claimRetire',
  'store.retirePrevious',
  'store.note',
  'target.set',
  'target.end',
  'target.issue',
  'target.revoke',
  'target.endSessions',
  'audit.write',
])

/** What a call may look like apart from its effect here and now. */
interface Otherwise<T> {
  /** When it takes effect later. Default: the effect, whenever that is. */
  readonly later?: () => Late<T>
  /** As answered from an older state; only reads have one. */
  readonly old?: (fault: Fault) => Promise<T>
  /** Whether it changes anything. Default: by its name. */
  readonly changes?: boolean
}

export interface HubOptions {
  readonly clock: VirtualClock
  readonly faults: ReadonlyMap<number, Fault>
  /** Calls after which a late effect lands. */
  readonly delay: number
  /** Looks at the world after every effect. */
  readonly observe: (call: string) => void
  /** Before call k: what others do meanwhile. */
  readonly meanwhile?: (k: number, call: string) => void
}

export class Hub {
  readonly #options: HubOptions
  readonly names: string[] = []
  #late: (Late<unknown> & { readonly at: number })[] = []

  constructor(options: HubOptions) {
    this.#options = options
  }

  get calls(): number {
    return this.names.length
  }

  async call<T>(
    worker: Worker,
    kind: Kind,
    name: string,
    effect: () => Promise<T>,
    {
      later = () => ({ effect, deadline: Number.POSITIVE_INFINITY }),
      old,
      changes = changing.has(name),
    }: Otherwise<T> = {},
  ): Promise<T> {
    const { clock, faults, observe, meanwhile, delay } = this.#options
    await worker.gate?.(name)
    if (worker.dead) return never
    const k = this.names.length
    this.names.push(name)
    clock.advance(CALL_TIME)
    meanwhile?.(k, name)
    await this.land(k)
    const fault = faults.get(k)
    if (fault === 'die-before') return this.#kill(worker)
    if (fault === 'failed') throw failure[kind]()
    if (fault === 'dropped') throw lostAnswer[kind]()
    if (fault === 'late' && changes) {
      this.#late.push({ at: k + delay, ...later() })
      throw lostAnswer[kind]()
    }
    const isOld = old !== undefined && (fault === 'stale' || fault === 'older')
    const answer = await settled(isOld ? () => old(fault) : effect)
    observe(name)
    if (fault === 'die-after') return this.#kill(worker)
    if (fault === 'lost' || fault === 'late') throw lostAnswer[kind]()
    return answer()
  }

  /** Late effects that are due take place now; what the store or the server refuses by then is refused. */
  async land(k = Number.POSITIVE_INFINITY): Promise<void> {
    const due = this.#late.filter(l => l.at <= k)
    this.#late = this.#late.filter(l => l.at > k)
    for (const { effect, deadline } of due) {
      if (this.#options.clock.now() > deadline) continue
      await settled(effect)
      this.#options.observe('late')
    }
  }

  #kill(worker: Worker): Promise<never> {
    worker.die()
    return never
  }
}

async function settled<T>(effect: () => Promise<T>): Promise<() => T> {
  try {
    const value = await effect()
    return () => value
  } catch (error) {
    return () => {
      throw error
    }
  }
}

/** The port with every method going through the hub; properties are passed on. `freeze` keeps what a late call depends on. */
function proxied<T extends object>(
  port: T,
  kind: Kind,
  hub: Hub,
  worker: Worker,
  freeze = (args: unknown[]): unknown[] => args,
): T {
  return new Proxy(port, {
    get(inner, property) {
      const member = Reflect.get(inner, property, inner) as unknown
      if (typeof member !== 'function') return member
      if (pure.has(String(property))) return member.bind(inner)
      return (...args: unknown[]) => {
        const effect = (given: unknown[]) => async () => member.apply(inner, given) as unknown
        const { deadline = Number.POSITIVE_INFINITY } = (args.at(-1) ?? {}) as Partial<Call>
        const later = () => ({ effect: effect(freeze(args)), deadline })
        return hub.call(worker, kind, `${kind}.${String(property)}`, effect(args), { later })
      }
    },
  })
}

/** Members that are no call to a service. */
const pure = new Set(['nextUsername'])

export const proxiedStore = (store: MemoryStore, hub: Hub, worker: Worker): SecretStore =>
  proxied(store, 'store', hub, worker, args => [...args.slice(0, -1), store.frozen(args.at(-1) as Call)])
export const proxiedTarget = <T extends RotationTarget>(target: T, hub: Hub, worker: Worker): T =>
  proxied(target, 'target', hub, worker)
export const proxiedAudit = (sink: AuditSink, hub: Hub, worker: Worker): AuditSink =>
  proxied(sink, 'audit', hub, worker)
