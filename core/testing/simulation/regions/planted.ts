/**
 * Bugs planted into what leads and follows: each must be found, or the promises prove nothing.
 * @module
 */
import type { LeaderRecord, LeaderRegister } from '../../../ports/leader-register.ts'
import { copyTo } from '../../../replication/copy.ts'
import { nextMark } from '../../../replication/lead.ts'
import { copyId, markOf } from '../../../replication/mark.ts'
import { followersOf, type Member, type MemberStore, type Replication } from '../../../replication/replication.ts'
import { visited } from '../../../replication/sight.ts'
import { rotate, type Steps, standardSteps } from '../../../rotation/rotate.ts'
import type { Run } from '../../../rotation/run.ts'
import type { RotationSetup } from '../../../rotation/setup.ts'
import { ID } from '../world.ts'
import type { RegionsEngine } from './episode.ts'
import { realRegionsEngine as real } from './scenarios.ts'

export interface PlantedInRegions {
  readonly name: string
  readonly engine: RegionsEngine
  /** Parts in which it is looked for: their strategy, and a piece of the name of the part or of a scenario in it. */
  readonly where: readonly [strategy: string, within: string]
}

type Change = (replication: Replication, setup: RotationSetup) => Partial<Replication>

/** Everything that a process is wired to may be changed; what it then does is the engine's own. */
function withReplication(
  change: Change,
  only: readonly (keyof RegionsEngine)[] = ['rotate', 'retire', 'replicate', 'failOver'],
) {
  const changed = (setup: RotationSetup): RotationSetup => ({
    ...setup,
    replication: { ...setup.replication!, ...change(setup.replication!, setup) },
  })
  const engine: RegionsEngine = {
    rotate: (setup, request, signal) => real.rotate(changed(setup), request, signal),
    retire: (setup, request, signal) => real.retire(changed(setup), request, signal),
    replicate: (setup, request, signal) => real.replicate(changed(setup), request, signal),
    failOver: (setup, request, signal, options) => real.failOver(changed(setup), request, signal, options),
  }
  return { ...real, ...Object.fromEntries(only.map(ask => [ask, engine[ask]])) }
}

const withSteps = (steps: Partial<Steps>): RegionsEngine => ({
  ...real,
  rotate: (setup, request, signal) => rotate(setup, request, signal, { ...standardSteps, ...steps }),
})

/** As the engine opens a follower's store, each time anew. */
const withStores = (change: (store: MemberStore, setup: RotationSetup) => MemberStore): RegionsEngine =>
  withReplication((replication, setup) => ({
    members: replication.members.map(
      (member): Member => ({ ...member, open: async () => change(await member.open(), setup) }),
    ),
  }))

function overriding<T extends object>(port: T, members: Partial<T>): T {
  return new Proxy(port, {
    get(inner, property) {
      const own = Reflect.get(members, property) as unknown
      if (own !== undefined) return own
      const member = Reflect.get(inner, property, inner) as unknown
      return typeof member === 'function' ? member.bind(inner) : member
    },
  })
}

const retireBeforeFollowers = withReplication(
  ({ members }) => ({ members: members.map(member => ({ ...member, required: false })) }),
  ['retire'],
)

/** Whoever has led once goes on as if nobody had been put in his place. */
const believed = new WeakMap<object, LeaderRecord>()
const epochUnchecked = withReplication(({ register, self }, { target }) => {
  if (self !== 'eu') return {}
  const own: LeaderRegister = {
    ...register,
    async read(secret, call) {
      const known = believed.get(target)
      const record = known ?? (await register.read(secret, call))
      if (record) believed.set(target, record)
      return record
    },
    async swap(secret, was, next, call) {
      await register.swap(secret, was, next, call)
      believed.set(target, next)
      return next
    },
  }
  return { register: own }
})

/** After its own write it looks at what the leader has, under the mark that the follower should have. */
const readBackElsewhere = withStores((store, { store: leaders, replication }) => {
  let wrote = false
  return overriding(store, {
    async promote(id, move, call) {
      wrote = true
      return store.promote(id, move, call).catch(() => ({ version: move.base, already: false }))
    },
    async describe(id, call) {
      if (!wrote) return store.describe(id, call)
      const [state, record] = [await leaders.describe(ID, call), await replication!.register.read(ID, call)]
      const mark = { epoch: record!.epoch, sequence: record!.sequence, origin: record!.origins[0]! }
      return state && { ...state, current: { ...state.current, rotation: copyId(mark, ID, state) } }
    },
    async read(id, which, call) {
      return (await store.read(id, which, call)) ?? leaders.read(ID, which, call)
    },
  })
})

/** Whatever the follower holds is taken for older than what this process was told last. */
const marksIgnored = withReplication(({ register, members }) => {
  let told: LeaderRecord | undefined
  const read: LeaderRegister['read'] = async (secret, call) => {
    told = await register.read(secret, call)
    return told
  }
  const blind = (store: MemberStore): MemberStore =>
    overriding(store, {
      async describe(id, call) {
        const state = await store.describe(id, call)
        const mark = markOf(state?.current.rotation)
        if (!state || !mark || !told || (mark.epoch === told.epoch && mark.sequence === told.sequence)) return state
        const rotation = copyId({ epoch: 0, sequence: 0, origin: '00000000' }, ID, state)
        return { ...state, current: { ...state.current, rotation } }
      },
    })
  return {
    register: { ...register, read },
    members: members.map((member): Member => ({ ...member, open: async () => blind(await member.open()) })),
  }
})

const writtenBeforeTest = withSteps({
  async set(run, rotation) {
    const { replication } = run.setup
    const record = await replication!.register.read(ID, run.call())
    const { value, version } = rotation.pending
    const mark = nextMark(record!, replication!.self, rotation)
    const wanted = { mark, value, version, record: record!, promotedAt: undefined }
    for (const member of followersOf(replication!))
      await visited(run, member, call => copyTo(run, member, wanted, 'show', call))
    return standardSteps.set(run, rotation)
  },
})

const stagingSkipped = withSteps({
  set: (run, rotation) => standardSteps.set(alone(run), rotation),
})

/** The run as if its member had no followers. */
function alone(run: Run): Run {
  const { replication } = run.setup
  const members = replication!.members.filter(({ name }) => name === replication!.self)
  return overriding(run, { setup: { ...run.setup, replication: { ...replication!, members } } })
}

const quietTimeIgnored = withReplication(({ register }) => ({
  register: {
    ...register,
    async read(secret, call) {
      const record = await register.read(secret, call)
      return record && { ...record, since: 0 }
    },
    async swap(secret, was, next, call) {
      const stands = await register.read(secret, call)
      return register.swap(secret, { ...was, since: stands?.since ?? was.since }, next, call)
    },
  },
}))

const noCompareAndSet = withReplication(({ register }) => ({
  register: {
    ...register,
    swap: async (secret, was, next, call) =>
      register.swap(secret, (await register.read(secret, call)) ?? was, next, call),
  },
}))

const trouble = 'in trouble'
export const plantedInRegions: readonly PlantedInRegions[] = [
  { name: 'retire before followers', engine: retireBeforeFollowers, where: ['alternating-users', trouble] },
  { name: 'the epoch is not checked', engine: epochUnchecked, where: ['single-user', 'sleeps through a fail-over'] },
  { name: 'read back from the leader’s region', engine: readBackElsewhere, where: ['alternating-users', 'a fault at'] },
  { name: 'followers written before the test', engine: writtenBeforeTest, where: ['alternating-users', 'a fault at'] },
  { name: 'nothing staged where there is a gap', engine: stagingSkipped, where: ['single-user', 'a fault at'] },
  { name: 'a copy over a later one', engine: marksIgnored, where: ['alternating-users', 'rotates, and goes on'] },
  { name: 'no quiet time after a fail-over', engine: quietTimeIgnored, where: ['alternating-users', 'an emergency'] },
  {
    name: 'a fail-over without compare-and-set',
    engine: noCompareAndSet,
    where: ['alternating-users', 'two operators'],
  },
]
