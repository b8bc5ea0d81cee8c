/**
 * Bugs planted into the engine: each must be found, or the simulator proves nothing.
 * @module
 */
import type { SecretState } from '../../ports/secret-store.ts'
import { rotationId } from '../../rotation/ids.ts'
import { retire } from '../../rotation/retire.ts'
import { rotate, type Steps, standardSteps } from '../../rotation/rotate.ts'
import type { Run } from '../../rotation/run.ts'
import type { RotationSetup } from '../../rotation/setup.ts'
import { retire as retireStep } from '../../rotation/steps/retire.ts'
import type { Credential } from '../../secret/credential.ts'
import type { MemoryTarget } from '../memory-target.ts'
import { type Engine, realEngine } from './scenarios.ts'

export interface Planted {
  readonly name: string
  readonly engine: Engine
  /** Scenarios in which it is looked for, by the beginning of their names; sleepers too. */
  readonly where: readonly string[]
}

const withSteps = (steps: Partial<Steps>): Engine => ({
  ...realEngine,
  rotate: (setup, request, signal) => rotate(setup, request, signal, { ...standardSteps, ...steps }),
})

const withSetup = (change: (setup: RotationSetup) => RotationSetup): Engine => ({
  rotate: (setup, request, signal) => realEngine.rotate(change(setup), request, signal),
  retire: (setup, request, signal) => realEngine.retire(change(setup), request, signal),
  rollback: (setup, request, signal) => realEngine.rollback(change(setup), request, signal),
  revokeNow: (setup, request, signal) => realEngine.revokeNow(change(setup), request, signal),
})

const { create, set, test, finish } = standardSteps

/** A value made here and now, whatever the store holds. */
async function ownValue(run: Run, base: Parameters<typeof create>[3]) {
  const { shape, generate, target } = run.setup
  const current = await run.read(base)
  const username = target.kind === 'settable' ? target.nextUsername(current.credential) : ''
  const password = generate()
  return { value: shape.write(current.value, { username, password }), credential: { username, password }, current }
}

const newValueOnRetry = withSteps({
  async create(run, state, id, base) {
    if (!state.pending) return create(run, state, id, base)
    await run.setup.store.discardPending(run.setup.id, id, run.call())
    const fresh = (await run.describe())!
    return create(run, fresh, rotationId(run.setup.id, fresh), base)
  },
})

const setBeforePersist = withSteps({
  async create(run, state, id, base) {
    const { store, target } = run.setup
    if (state.pending || target.kind !== 'settable') return create(run, state, id, base)
    const { value, credential, current } = await ownValue(run, base)
    await target.set({ current: current.credential, pending: credential }, run.targetCall)
    const pending = run.remember(await store.putPending(run.setup.id, { rotation: id, base, value }, run.call()))
    return { id, base, state, current, pending, shared: false }
  },
})

const promoteBeforeSet = withSteps({
  async set(run, rotation) {
    const { target } = run.setup
    await finish(run, rotation)
    if (target.kind !== 'settable') return
    const { current, pending } = rotation
    await target.set({ current: current.credential, pending: pending.credential }, run.targetCall)
  },
})

const valueFromMemory = withSteps({
  async create(run, state, id, base) {
    const rotation = await create(run, state, id, base)
    const { value, credential } = await ownValue(run, base)
    return state.pending ? { ...rotation, pending: { ...rotation.pending, value, credential } } : rotation
  },
})

const untested = withSteps({ test: async () => {} })

const unrecorded = withSteps({
  async finish(run, { id, base }) {
    return (await run.setup.store.promote(run.setup.id, { rotation: id, base }, run.call())).version
  },
})

const valueOnRecord = withSteps({
  async test(run, rotation) {
    await test(run, rotation)
    const details = { note: rotation.pending.credential.password.reveal() }
    await run.record('rotation_step', { result: 'success', details })
  },
})

const orphansLeft = withSteps({
  async create(run, state, id, base) {
    const { target, store, shape } = run.setup
    if (state.pending || target.kind !== 'issuing') return create(run, state, id, base)
    const current = await run.read(base)
    const value = shape.write(current.value, await target.issue(id, run.targetCall))
    const pending = run.remember(await store.putPending(run.setup.id, { rotation: id, base, value }, run.call()))
    return { id, base, state, current, pending, shared: false }
  },
})

const revokeBeforeIssue = withSteps({
  async create(run, state, id, base) {
    const { target } = run.setup
    const current = await run.read(base)
    if (target.kind === 'issuing') await target.revoke(current.credential.username, run.targetCall)
    return create(run, state, id, base)
  },
})

const foreignKeyRevoked = withSteps({
  async set(run, rotation) {
    const { target } = run.setup
    const named = [rotation.current, rotation.pending].map(v => v.credential.username)
    if (target.kind !== 'issuing') return set(run, rotation)
    for (const { key } of await target.list(run.targetCall))
      if (!named.includes(key)) await target.revoke(key, run.targetCall)
  },
})

const changedStore = (change: (state: SecretState) => SecretState) =>
  withSetup(setup => ({
    ...setup,
    store: new Proxy(setup.store, {
      get(store, property) {
        if (property !== 'describe') return Reflect.get(store, property, store) as unknown
        return async (...args: Parameters<typeof store.describe>) => {
          const state = await store.describe(...args)
          return state && change(state)
        }
      },
    }),
  }))

const previousIgnored = changedStore(({ previous: _, promotedAt: __, ...state }) => state)

const graceIgnored = changedStore(state => ({ ...state, ...(state.promotedAt !== undefined && { promotedAt: 0 }) }))

const retireWithoutClaim: Engine = {
  ...realEngine,
  retire: (setup, request, signal) => retire({ ...setup, store: without(setup.store, 'claimRetire') }, request, signal),
}

/** Ends the login of previous, whoever else names it. */
const retireUnchecked: Engine = {
  ...realEngine,
  retire: (setup, request, signal) =>
    retire(setup, request, signal, async (run, state, version) => {
      const { target } = run.setup
      const [current, previous] = [await run.read(state.current.version), await run.read(version)]
      if (target.kind !== 'settable' || target.strategy === 'single-user') return retireStep(run, state, version)
      const somebody = { ...current.credential, username: 'nobody' }
      await target.end({ previous: previous.credential, current: somebody }, run.targetCall)
      await run.setup.store.retirePrevious(run.setup.id, version, run.call())
      return 0
    }),
}

const without = <T extends RotationSetup['store']>(store: T, method: 'claimRetire' | 'note'): T =>
  new Proxy(store, {
    get: (inner, property) => (property === method ? async () => {} : (Reflect.get(inner, property, inner) as unknown)),
  })

/** Nobody says that he is about to set what another run has brought. */
const silentSet = withSetup(setup => ({ ...setup, store: without(setup.store, 'note') }))

const noTimeouts = withSetup(setup => ({
  ...setup,
  target: new Proxy(setup.target, {
    get(inner, property) {
      const member = Reflect.get(inner, property, inner) as unknown
      if (property !== 'set' || typeof member !== 'function') return member
      return (change: unknown, call: object) =>
        member.call(inner, change, { ...call, deadline: Number.POSITIVE_INFINITY })
    },
  }),
}))

/** RETAIN whether or not pending is there already: the second time, it is current that goes. */
const secondRetain = withSetup(setup => ({
  ...setup,
  target: new Proxy(setup.target, {
    get: (inner, property) =>
      property === 'set'
        ? async ({ pending }: { pending: Credential }) => (inner as unknown as MemoryTarget).retain(pending)
        : (Reflect.get(inner, property, inner) as unknown),
  }),
}))

export const planted: readonly Planted[] = [
  { name: 'a second RETAIN', engine: secondRetain, where: ['dual-password: two'] },
  { name: 'a new value on retry', engine: newValueOnRetry, where: ['single-user: two', 'alternating-users: two'] },
  { name: 'set before persist', engine: setBeforePersist, where: ['single-user: two'] },
  { name: 'promote before set', engine: promoteBeforeSet, where: ['single-user: two', 'alternating-users: two'] },
  { name: 'the value from memory instead of the winner’s', engine: valueFromMemory, where: ['single-user: two'] },
  { name: 'promote without a test on every endpoint', engine: untested, where: ['alternating-users: a reader'] },
  { name: 'a promotion that is not on record', engine: unrecorded, where: ['single-user: two'] },
  { name: 'a value on record', engine: valueOnRecord, where: ['single-user: two'] },
  { name: 'orphan keys left behind', engine: orphansLeft, where: ['issue-then-revoke: two'] },
  { name: 'revoke before issue', engine: revokeBeforeIssue, where: ['issue-then-revoke: two'] },
  { name: 'a foreign key revoked', engine: foreignKeyRevoked, where: ['issue-then-revoke: two'] },
  {
    name: 'a rotation begun while previous is un-retired',
    engine: previousIgnored,
    where: ['alternating-users: asked again'],
  },
  { name: 'retire before the grace is over', engine: graceIgnored, where: ['alternating-users: retired early'] },
  { name: 'retire without a claim', engine: retireWithoutClaim, where: ['alternating-users: a retirement sleeps'] },
  {
    name: 'retire without checking who uses the login',
    engine: retireUnchecked,
    where: ['alternating-users: current becomes'],
  },
  {
    name: 'a statement without a server-side time-out',
    engine: noTimeouts,
    where: ['single-user: a rotation by an administrator'],
  },
  {
    name: 'a set of another run’s value that is not announced',
    engine: silentSet,
    where: ['single-user: two rotate at once, and the first'],
  },
]
