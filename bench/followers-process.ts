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

const LATENCY_MS = 80
const REPEATS = 5
const ROUNDS = 300
const FIRST_ROUNDS = 50
const AFRESH = 10
const MIB = 2 ** 20

const count = Number(process.argv[2])
const never = new AbortController().signal
const call = (): Call => ({ signal: never, deadline: Number.POSITIVE_INFINITY, run: {} })
const valueWith = (password: string) => SecretValue.of(JSON.stringify({ username: ID, password }))
const heap = () => {
  globalThis.gc!()
  return process.memoryUsage().heapUsed / MIB
}

/** Of every call to a follower; none while memory is measured. */
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

interface Regions {
  readonly leader: MemoryStore
  readonly members: readonly Member[]
  readonly setupFor: (followers: readonly Member[]) => RotationSetup
}

/** Stores in memory keep what they were given for ever; so the world begins anew now and then, and what grows is ours. */
async function openRegions(): Promise<Regions> {
  const [leader, registerStore] = [new MemoryStore(systemClock), new MemoryStore(systemClock)]
  const register = storeRegister(async () => registerStore, 'bench')
  await leader.put(ID, valueWith('first'), call())
  await register.create(ID, firstRecord('leader'), call())
  const rest = { id: ID, required: true, timeout: 30_000, fields: {} }
  const own: Member = { ...rest, name: 'leader', open: async () => leader }
  const members = Array.from({ length: count }, (_, n): Member => {
    const store = slow(new MemoryStore(systemClock))
    return { ...rest, name: `follower-${n}`, open: async () => store }
  })
  const setupFor: Regions['setupFor'] = followers => ({
    ...{ secret: ID, id: ID, store: leader, shape: noteShape, policy: simulatedPolicy, clock: systemClock },
    target: new MemoryTarget({ server: new MemoryServer(systemClock), strategy: 'alternating-users', users: [ID] }),
    audit: { write: async () => {} },
    generate: () => SecretValue.of('never'),
    replication: { secret: ID, self: 'leader', members: [own, ...followers], register, acceptGap: [] },
  })
  return { leader, members, setupFor }
}

/** As a rotation and its retirement leave it, without a target. */
async function promoteAnother({ leader }: Regions, n: number): Promise<void> {
  const run = call()
  const state = (await leader.describe(ID, run))!
  const [rotation, base] = [rotationId(ID, state), state.current.version]
  await leader.putPending(ID, { rotation, base, value: valueWith(`${n}`) }, run)
  await leader.promote(ID, { rotation, base }, run)
  await leader.claimRetire(ID, base, 0, run)
  await leader.retirePrevious(ID, base, run)
}

const actor = { user_id: 'bench', user_agent: 'lockstep/bench' }

async function bringUp({ leader, setupFor }: Regions, followers: readonly Member[]): Promise<void> {
  const request = { type: 'manual', actor, deadline: systemClock.now() + 60_000 } as const
  const run = new Run(setupFor(followers), request, never)
  const reports = await catchUp(run, (await leader.describe(ID, call()))!)
  if (reports.some(({ standing }) => standing !== 'in-sync')) throw new Error('A follower was left behind.')
}

async function rounds(from: number, to: number): Promise<void> {
  let regions = await openRegions()
  for (let round = from; round < to; round++) {
    if (round % AFRESH === 0) regions = await openRegions()
    await promoteAnother(regions, round)
    await bringUp(regions, regions.members)
  }
}

await rounds(0, FIRST_ROUNDS)
const firstHeapMiB = heap()
await rounds(FIRST_ROUNDS, ROUNDS)
const heapMiB = heap()
const rssMiB = process.resourceUsage().maxRSS / 1024
latency = LATENCY_MS
const regions = await openRegions()
const times = { all: [] as number[], one: [] as number[] }
for (let repeat = 0; repeat < REPEATS; repeat++) {
  await promoteAnother(regions, repeat)
  times.one.push(await timed(() => bringUp(regions, regions.members.slice(0, 1))))
  await promoteAnother(regions, repeat)
  times.all.push(await timed(() => bringUp(regions, regions.members)))
}
const measured: Measured = {
  ...{ allMs: median(times.all), oneMs: median(times.one) },
  ...{ heapMiB, firstHeapMiB, rssMiB },
}
process.stdout.write(JSON.stringify(measured))
