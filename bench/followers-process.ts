/**
 * Brings so many followers up, again and again; started by `followers.ts`, so that its memory is its own. Prints one JSON object.
 * @module
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { systemClock } from '../core/ports/clock.ts'
import type { Call, SecretStore } from '../core/ports/secret-store.ts'
import { catchUp } from '../core/replication/catch-up.ts'
import { firstRecord } from '../core/replication/record.ts'
import type { Member } from '../core/replication/replication.ts'
import { storeRegister } from '../core/replication/store-register.ts'
import { rotationId } from '../core/rotation/ids.ts'
import { Run } from '../core/rotation/run.ts'
import type { RotationSetup } from '../core/rotation/setup.ts'
import { SecretValue } from '../core/secret/secret-value.ts'
import { MemoryStore } from '../core/testing/memory-store.ts'
import { MemoryServer, MemoryTarget } from '../core/testing/memory-target.ts'
import { ID, noteShape, simulatedPolicy } from '../core/testing/simulation/world.ts'
import { median, timed } from './result.ts'

export interface Measured {
  /** All of them, and one alone: what it takes until each shows the new version. */
  readonly allMs: number
  readonly oneMs: number
  /** In use after many rounds, and after the first few of them. */
  readonly heapMiB: number
  readonly firstHeapMiB: number
  readonly rssMiB: number
}

/** Of every call to a follower. */
const LATENCY_MS = 80
const REPEATS = 5
const ROUNDS = 300
const FIRST_ROUNDS = 50
const MIB = 2 ** 20

const count = Number(process.argv[2])
const never = new AbortController().signal
const call = (): Call => ({ signal: never, deadline: Number.POSITIVE_INFINITY, run: {} })
const heap = () => {
  globalThis.gc!()
  return process.memoryUsage().heapUsed / MIB
}

const leader = new MemoryStore(systemClock)
const stores = Array.from({ length: count }, () => new MemoryStore(systemClock))
const registerStore = new MemoryStore(systemClock)
const register = storeRegister(async () => registerStore, 'bench')
let latency = 0

const slow = <T extends SecretStore>(store: T): T =>
  new Proxy(store, {
    get(inner, property) {
      const member = Reflect.get(inner, property, inner) as unknown
      if (typeof member !== 'function') return member
      return async (...args: unknown[]) => {
        if (latency > 0) await sleep(latency)
        return member.apply(inner, args)
      }
    },
  })

const members = stores.map(
  (store, n): Member => ({
    name: `follower-${n}`,
    id: ID,
    required: true,
    timeout: 30_000,
    fields: {},
    open: async () => slow(store),
  }),
)
const own: Member = { ...members[0]!, name: 'leader', open: async () => leader }

const setupFor = (followers: readonly Member[]): RotationSetup => ({
  ...{ secret: ID, id: ID, store: leader, shape: noteShape, policy: simulatedPolicy, clock: systemClock },
  target: new MemoryTarget({ server: new MemoryServer(systemClock), strategy: 'alternating-users', users: [ID] }),
  audit: { write: async () => {} },
  generate: () => SecretValue.of('never'),
  replication: { secret: ID, self: 'leader', members: [own, ...followers], register, acceptGap: [] },
})

/** As a rotation and its retirement leave it, without a target. */
async function promoteAnother(n: number): Promise<void> {
  const run = call()
  const state = (await leader.describe(ID, run))!
  const [rotation, base] = [rotationId(ID, state), state.current.version]
  await leader.putPending(ID, { rotation, base, value: SecretValue.of(`app:password ${n}`) }, run)
  await leader.promote(ID, { rotation, base }, run)
  await leader.claimRetire(ID, base, 0, run)
  await leader.retirePrevious(ID, base, run)
}

const actor = { user_id: 'bench', user_agent: 'lockstep/bench' }

async function bringUp(followers: readonly Member[]): Promise<void> {
  const request = { type: 'manual', actor, deadline: systemClock.now() + 60_000 } as const
  const run = new Run(setupFor(followers), request, never)
  const reports = await catchUp(run, (await leader.describe(ID, call()))!)
  if (reports.some(({ standing }) => standing !== 'in-sync')) throw new Error('A follower was left behind.')
}

await leader.put(ID, SecretValue.of('app:password'), call())
await register.create(ID, firstRecord('leader'), call())
for (let round = 0; round < FIRST_ROUNDS; round++) {
  await promoteAnother(round)
  await bringUp(members)
}
const firstHeapMiB = heap()
for (let round = FIRST_ROUNDS; round < ROUNDS; round++) {
  await promoteAnother(round)
  await bringUp(members)
}
const heapMiB = heap()
const rssMiB = process.resourceUsage().maxRSS / 1024
latency = LATENCY_MS
const times = { all: [] as number[], one: [] as number[] }
for (let repeat = 0; repeat < REPEATS; repeat++) {
  await promoteAnother(repeat)
  times.one.push(await timed(() => bringUp(members.slice(0, 1))))
  await promoteAnother(repeat)
  times.all.push(await timed(() => bringUp(members)))
}
const measured: Measured = {
  ...{ allMs: median(times.all), oneMs: median(times.one) },
  ...{ heapMiB, firstHeapMiB, rssMiB },
}
process.stdout.write(JSON.stringify(measured))
