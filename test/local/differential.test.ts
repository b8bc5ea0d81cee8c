import fc from 'fast-check'
import { expect, it } from 'vitest'
import { RotationError } from '../../core/errors.ts'
import type {
  Call,
  PendingDraft,
  RotationId,
  SecretState,
  SecretStore,
  SecretVersion,
  VersionId,
} from '../../core/ports/secret-store.ts'
import { MemoryStore } from '../../core/testing/memory-store.ts'
import { type ManualClock, places, rotation, value } from './support.ts'

const place = places()

/** A moment's choice among what a store has: the stores have different ids for the same things. */
type Which = 'current' | 'previous' | 'base of pending' | 'unknown'

const which = fc.constantFrom<Which>('current', 'current', 'previous', 'base of pending', 'unknown')
/** A rotation by its name, or as it stands in the store at the moment. */
const name = fc.constantFrom('r0', 'r1', 'r2', 'r3', 'r4', 'the pending', 'the pending', 'the pending', 'the current')
const run = fc.nat(2)
const secret = fc.oneof({ weight: 9, arbitrary: fc.constantFrom('a', 'b') }, fc.constant('nobody'))

const operation = fc.oneof(
  fc.record({ kind: fc.constant('edit' as const), secret: fc.constantFrom('a', 'b') }),
  fc.record({ kind: fc.constant('advance' as const), ms: fc.nat(900) }),
  fc.record({ kind: fc.constant('describe' as const), secret, run }),
  fc.record({ kind: fc.constant('unlabelled' as const), secret, limit: fc.nat(4) }),
  fc.record({
    kind: fc.constant('put' as const),
    secret,
    run,
    name,
    base: which,
    supersedes: fc.option(name, { freq: 1, nil: undefined }),
  }),
  fc.record({
    kind: fc.constant('promote' as const),
    secret,
    run,
    name,
    base: fc.constantFrom<Which>('base of pending', 'base of pending', 'previous'),
    request: fc.option(fc.constant('token')),
  }),
  fc.record({ kind: fc.constant('discard' as const), secret, run, name }),
  fc.record({ kind: fc.constant('late discard' as const), secret, run, name }),
  fc.record({ kind: fc.constant('claim' as const), secret, run, version: which }),
  fc.record({ kind: fc.constant('retire' as const), secret, run, version: which }),
  fc.record({
    kind: fc.constant('note' as const),
    secret,
    run,
    change: fc.record(
      {
        attempts: fc.nat(5),
        halted: fc.option(fc.constant('a reason')),
        epoch: fc.nat(5),
        setAt: fc.nat(100_000),
        issuing: fc.option(fc.constant({ rotation: rotation('r1'), since: 1, keys: ['k'] })),
      },
      { requiredKeys: [] },
    ),
  }),
)
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never

/** Tried before the random ones, so that every outcome in `WANTED` is reached whatever chance brings. */
const TELLING: readonly Operation[] = (() => {
  const [secret, run, supersedes, request] = ['a', 0, undefined, null] as const
  const put = { kind: 'put', secret, run, name: 'r0', base: 'current', supersedes } as const
  const promote = { kind: 'promote', secret, run, name: 'the pending', base: 'base of pending', request } as const
  const edit = { kind: 'edit', secret } as const
  const note = { kind: 'note', secret, run, change: { attempts: 1 } } as const
  return [
    { ...put, secret: 'nobody' }, // not found
    { ...put, base: 'unknown' }, // stale
    put,
    { ...put, run: 1 }, // the same answer
    { ...put, run: 1, name: 'r1' }, // another one is pending: stale
    { ...promote, name: 'r1' }, // stale
    promote,
    { ...promote, name: 'the current', base: 'previous' }, // already
    put, // promoted before: discarded
    { kind: 'claim', secret, run, version: 'unknown' }, // stale
    { kind: 'claim', secret, run, version: 'previous' },
    { kind: 'retire', secret, run, version: 'previous' },
    { ...put, name: 'r2' },
    edit,
    promote, // over a person's edit: conflict
    { kind: 'late discard', secret, run: 2, name: 'the pending' }, // this run has described nothing: stale
    { kind: 'describe', secret, run },
    { kind: 'late discard', secret, run, name: 'the pending' },
    { kind: 'describe', secret, run },
    note,
    edit,
    note, // moved since: stale
  ]
})()

/** One of the two stores under the same operations; version ids become the order in which they were first seen. */
class Subject {
  readonly #stores: readonly SecretStore[]
  readonly #edit: (id: string, text: string) => Promise<VersionId>
  readonly #clock: ManualClock
  readonly #labels = new Map<string, string>()
  readonly #runs = [{}, {}, {}]
  #turn = 0
  #texts = 0

  constructor(
    stores: readonly SecretStore[],
    edit: (id: string, text: string) => Promise<VersionId>,
    clock: ManualClock,
  ) {
    this.#stores = stores
    this.#edit = edit
    this.#clock = clock
  }

  /** What a caller sees of the operation and of everything afterwards. */
  async observe(operation: Operation, prefix: string): Promise<unknown> {
    const outcome = await this.#run(operation, prefix).catch((error: unknown) =>
      error instanceof RotationError ? `error ${error.code}` : error,
    )
    const states = [await this.#describe(`${prefix}a`), await this.#describe(`${prefix}b`)]
    const listed = await collect(this.#store().list({ prefix }, this.#call()))
    return { outcome, states, listed }
  }

  async #run(operation: Operation, prefix: string): Promise<unknown> {
    if (operation.kind === 'advance') return
    const id = prefix + operation.secret
    if (operation.kind === 'edit') return this.#label(await this.#edit(id, this.#text()))
    if (operation.kind === 'unlabelled') return this.#unlabelled(id, operation.limit)
    const call = this.#call(operation.run)
    if (operation.kind === 'note') return this.#store().note(id, operation.change as never, call)
    if (operation.kind === 'late discard') {
      const state = await this.#store().describe(id, this.#call())
      return this.#store().discardPending(id, named(state, operation.name), call)
    }
    // As the engine does: a run writes on what it has described.
    const state = await this.#store().describe(id, call)
    return operation.kind === 'describe' ? undefined : this.#write(id, operation, state, call)
  }

  async #write(
    id: string,
    operation: Extract<Operation, { kind: 'put' | 'promote' | 'discard' | 'claim' | 'retire' }>,
    state: SecretState | undefined,
    call: Call,
  ): Promise<unknown> {
    const store = this.#store()
    if (operation.kind === 'put') return this.#shown(await store.putPending(id, this.#draft(operation, state), call))
    if (operation.kind === 'discard') return store.discardPending(id, named(state, operation.name), call)
    if (operation.kind === 'claim') return store.claimRetire(id, pick(state, operation.version), 1_000, call)
    if (operation.kind === 'retire') return store.retirePrevious(id, pick(state, operation.version), call)
    const { request } = operation
    const move = { rotation: named(state, operation.name), base: pick(state, operation.base) }
    const { version, already } = await store.promote(id, { ...move, ...(request && { request }) }, call)
    return [this.#label(version), already]
  }

  #draft(
    { name, base, supersedes }: Extract<Operation, { kind: 'put' }>,
    state: SecretState | undefined,
  ): PendingDraft {
    const draft = { rotation: named(state, name), base: pick(state, base), value: value(this.#text()) }
    return supersedes === undefined ? draft : { ...draft, supersedes: named(state, supersedes) }
  }

  async #describe(id: string): Promise<unknown> {
    const state = await this.#store().describe(id, this.#call())
    if (!state) return undefined
    const { current, previous, pending } = state
    const value = await this.#store().read(id, current.version, this.#call())
    return {
      ...state,
      current: { ...current, version: this.#label(current.version) },
      ...(previous && { previous: this.#label(previous.version) }),
      ...(pending && { pending: { ...pending, base: this.#label(pending.base!) } }),
      value: this.#shown(value!),
    }
  }

  async #unlabelled(id: string, limit: number): Promise<unknown> {
    return (await this.#store().unlabelled(id, limit, this.#call())).map(version => this.#shown(version))
  }

  #shown({ value, version, ...rest }: SecretVersion): unknown {
    return { ...rest, version: this.#label(version), value: value === 'disabled' ? value : value.reveal() }
  }

  #store(): SecretStore {
    return this.#stores[this.#turn++ % this.#stores.length]!
  }

  #call(run = -1): Call {
    const { signal } = new AbortController()
    return { signal, deadline: this.#clock.now() + 10_000, run: this.#runs[run] ?? {} }
  }

  #text = (): string => `value ${this.#texts++}`

  #label(version: string): string {
    const label = this.#labels.get(version) ?? `version ${this.#labels.size}`
    this.#labels.set(version, label)
    return label
  }
}

function pick(state: SecretState | undefined, which: Which): VersionId {
  const none = 'v-none' as VersionId
  if (which === 'current') return state?.current.version ?? none
  if (which === 'previous') return state?.previous?.version ?? none
  return which === 'unknown' ? none : (state?.pending?.base ?? none)
}

function named(state: SecretState | undefined, name: string): RotationId {
  if (name === 'the pending') return state?.pending?.rotation ?? rotation('none')
  return name === 'the current' ? (state?.current.rotation ?? rotation('none')) : rotation(name)
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

it('the local store and the store in memory agree on any sequence of operations', async () => {
  const here = place()
  const { clock } = here
  // `note` is conditional on what one handle has seen, so one handle here; two are the conformance suite's business.
  const store = await here.open()
  const memory = new MemoryStore(clock)
  const seen = new Set<string>()
  let round = 0

  await fc.assert(
    fc.asyncProperty(fc.array(operation, { minLength: 1, maxLength: 80, size: 'max' }), async operations => {
      const prefix = `${++round}/`
      const real = new Subject(
        [store],
        async (id, text) => (await store.put(id, value(text), here.call())).version,
        clock,
      )
      const model = new Subject([memory], async (id, text) => memory.edit(id, value(text)), clock)
      for (const secret of ['a', 'b'] as const)
        for (const one of [real, model]) await one.observe({ kind: 'edit', secret }, prefix)
      for (const step of operations) {
        if (step.kind === 'advance') clock.time += step.ms
        const expected = await model.observe(step, prefix)
        seen.add(`${step.kind}: ${outcomeOf(expected)}`)
        expect(await real.observe(step, prefix), step.kind).toEqual(expected)
      }
    }),
    { numRuns: 200, examples: [[[...TELLING]]] },
  )
  // The operations must reach what there is to disagree about.
  for (const one of WANTED) expect(seen).toContain(one)
})

const outcomeOf = (observed: unknown): string => {
  const { outcome } = observed as { outcome: unknown }
  return typeof outcome === 'string' ? outcome : Array.isArray(outcome) && outcome[1] === true ? 'already' : 'done'
}

const WANTED = [
  'put: done',
  'put: error stale',
  'put: error discarded',
  'put: error secret-not-found',
  'promote: done',
  'promote: already',
  'promote: error stale',
  'promote: error conflict',
  'late discard: done',
  'late discard: error stale',
  'claim: done',
  'claim: error stale',
  'note: done',
  'note: error stale',
]
