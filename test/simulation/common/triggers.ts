// What starts a run in a cloud: a schedule that sweeps, an item of the queue, an event that names a secret. The functions' own parts
// do it, over the simulated store; what fails is delivered again, and what waits is for the next tick.

import assert from 'node:assert/strict'
import { loadConfig } from '../../../core/config/load.ts'
import type { Config } from '../../../core/config/types.ts'
import { RotationError } from '../../../core/errors.ts'
import type { Fleet } from '../../../core/fleet/fleet.ts'
import { sweep } from '../../../core/fleet/sweep.ts'
import { type Outcome, workOn } from '../../../core/fleet/work.ts'
import { rotateAsked } from '../../../core/functions/asked.ts'
import type { RotationRequest } from '../../../core/rotation/setup.ts'
import type { Pair } from '../../../core/testing/simulation/interleave.ts'
import type { Action, Ended, Scenario } from '../../../core/testing/simulation/scenarios.ts'
import { ID, type SimulatedStrategy, simulatedPolicy, type World } from '../../../core/testing/simulation/world.ts'

const DAY = 86_400_000
const GRACE = 61_000
/** Of a schedule, or of a queue that shows a message again. */
const TICK = 15_000

/**
 * What an event says of the secret that it names. `since`: the service's own schedule asked for a rotation then (Google Cloud).
 * `version`: that one ends soon (Azure). `failed`: the service's own rotation has (AWS).
 */
export type Says = 'since' | 'version' | 'failed'

interface Invocation {
  readonly fleet: Fleet
  readonly request: RotationRequest
  readonly signal: AbortSignal
  readonly world: World
}

/** One process, started for it. */
const started = (run: (invocation: Invocation) => Promise<Ended>, after: number): Action => ({
  ask: 'rotate',
  after,
  async perform({ world, hub, schedule }, spawn) {
    const worker = spawn()
    const setup = world.setup(hub, worker)
    const config = configOf(world.options.strategy)
    const register = () => assert.fail('nobody has followers here')
    const fleet: Fleet = {
      config,
      clock: setup.clock,
      register,
      store: async () => setup.store,
      setup: async () => setup,
    }
    const { signal } = new AbortController()
    // Decided on an old answer: no refusal ends a schedule, and the next tick hears whether it was true.
    const hasty = [...schedule.faults.values()].some(fault => fault === 'stale' || fault === 'older')
    const ended = run({ fleet, request: world.request(), signal, world }).then(
      answer => (hasty && answer instanceof RotationError ? asEnded(['waiting'], fleet) : answer),
      (error: unknown) => {
        if (!(error instanceof RotationError)) throw error
        return hasty ? asEnded(['waiting'], fleet) : error
      },
    )
    return Promise.race([ended, worker.died])
  },
})

/** Whoever waits is asked again by the next tick. */
const asEnded = (outcomes: readonly (Outcome | undefined)[], { clock }: Fleet): Ended =>
  outcomes.includes('waiting')
    ? [{ outcome: 'waiting', for: 'other-run', until: clock.now() + TICK, why: 'The next tick looks again.' }]
    : []

const sweeping = (after = 0): Action =>
  started(async ({ fleet, request, signal }) => {
    const { failed, outcomes } = await sweep(fleet, { request, signal })
    return failed[0]?.error ?? asEnded(Object.keys(outcomes) as Outcome[], fleet)
  }, after)

const item = (what: 'rotate' | 'retire', after = 0): Action =>
  started(async ({ fleet, request, signal }) => asEnded([await workOn(fleet, ID, what, request, signal)], fleet), after)

/** Delivered again, it says what it said first. */
function event(says: Says, token: string, after = 0): Action {
  const first = new WeakMap<World, Awaited<ReturnType<typeof saidIn>>>()
  return started(async ({ fleet, request, signal, world }) => {
    const said = first.get(world) ?? (await saidIn(world))
    first.set(world, said)
    const asked: RotationRequest = { ...request, type: 'event' }
    const outcome = await {
      since: () => rotateAsked(fleet, ID, { ...asked, token }, signal, said.since),
      version: () => rotateAsked(fleet, ID, { ...asked, token, version: said.version }, signal),
      failed: () => workOn(fleet, ID, 'rotate', { ...asked, reason: 'RotationFailed' }, signal),
    }[says]()
    return asEnded([outcome], fleet)
  }, after)
}

async function saidIn(world: World) {
  const call = { signal: new AbortController().signal, deadline: Number.POSITIVE_INFINITY, run: {} }
  const { current } = (await world.store.describe(ID, call))!
  return { version: current.version, since: world.clock.now() }
}

const configs = new Map<SimulatedStrategy, Config>()

/** One secret, under the policy of the simulation. */
function configOf(strategy: SimulatedStrategy): Config {
  const known = configs.get(strategy)
  if (known) return known
  const users = strategy === 'alternating-users' ? 'users: [app_a, app_b], ' : ''
  const config = loadConfig(
    `version: 1
stores: { world: { kind: local, file: w.db, key: { env: KEY } } }
secrets: { ${ID}: { strategy: ${strategy}, ${users}target: { kind: module, module: ./m.mjs } } }
`,
    { fileName: 'lockstep.yml' },
  )
  const made = { ...config, secrets: new Map([[ID, { ...config.secrets.get(ID)!, ...simulatedPolicy }]]) }
  configs.set(strategy, made)
  return made
}

const scenario = (
  strategy: SimulatedStrategy,
  name: string,
  script: readonly Action[],
  rotations?: number,
): Scenario => ({
  name: `${strategy}: ${name}`,
  strategy,
  world: {},
  script,
  ...(rotations !== undefined && { rotations }),
})

/** Two rotations and two retirements, by one trigger. */
export const triggered = (strategy: SimulatedStrategy, says: Says) => ({
  sweep: scenario(strategy, 'swept, four times', [sweeping(), sweeping(GRACE), sweeping(DAY), sweeping(GRACE)], 2),
  queue: scenario(
    strategy,
    'items of the queue',
    [item('rotate'), item('retire', GRACE), item('rotate', DAY), item('retire', GRACE)],
    2,
  ),
  event: scenario(
    strategy,
    'events, and what a sweep does between',
    [event(says, 'one'), sweeping(GRACE), event(says, 'two', DAY), sweeping(GRACE)],
    2,
  ),
})

/** Deliveries that meet: twice the same, and two kinds. */
export function triggeredAtOnce(strategy: SimulatedStrategy, says: Says): readonly Pair[] {
  const pair = (name: string, one: Action, other: Action, before: readonly Action[] = []): Pair => ({
    scenario: scenario(strategy, name, before),
    workers: [one, other],
  })
  const delivered = event(says, 'one')
  const matured = [item('rotate'), item('rotate', GRACE)]
  return [
    pair('two sweeps at once', sweeping(), sweeping()),
    pair('an event, delivered twice at once', delivered, delivered),
    pair('an event comes while a schedule sweeps', event(says, 'one'), sweeping()),
    pair('an item is worked off while a schedule sweeps', item('rotate'), sweeping()),
    pair('two sweeps at once, and something to retire', sweeping(), sweeping(), matured),
    pair('an item to retire is worked off while an event comes', item('retire'), event(says, 'two'), matured),
  ]
}
