/**
 * One schedule: a scenario with faults at given calls, run until every request of its script is done.
 * @module
 */
import { isRotationError, RotationError } from '../../errors.ts'
import type { RotationRequest, RotationResult } from '../../rotation/setup.ts'
import { type Fault, Hub, Worker } from './hub.ts'
import { rowsOf } from './rows.ts'
import type { Action, Ended, Engine, Scenario } from './scenarios.ts'
import { CANARY, type Violation, World } from './world.ts'

export interface Schedule {
  readonly scenario: Scenario
  readonly engine: Engine
  readonly faults: ReadonlyMap<number, Fault>
  /** Calls after which a late effect lands. */
  readonly delay?: number
  /** Before which call `scenario.meanwhile` happens. */
  readonly meanwhileAt?: number
  /** Whether a rerun comes with a new token. */
  readonly newToken?: boolean
}

export interface Outcome {
  readonly calls: readonly string[]
  readonly violations: readonly Violation[]
  /** Rows of the protocol's table of reachable states that were met. */
  readonly rows: ReadonlySet<string>
  /** Error codes that runs ended with. */
  readonly codes: ReadonlySet<string>
}

/** A schedule while it is played. */
export interface Episode {
  readonly schedule: Schedule
  readonly world: World
  readonly hub: Hub
  readonly rows: Set<string>
  readonly codes: Set<string>
}

export function emptyEpisode(schedule: Schedule): Episode {
  const { scenario, faults, delay, meanwhileAt } = schedule
  const world = new World({ strategy: scenario.strategy, ...scenario.world })
  scenario.given?.(world)
  const rows = new Set<string>()
  const hub = new Hub({
    clock: world.clock,
    faults,
    delay: delay ?? 3,
    observe: call => {
      world.observe(call)
      for (const row of rowsOf(world)) rows.add(row)
    },
    meanwhile: (k, call) => {
      if (k === meanwhileAt) scenario.meanwhile?.(world, call)
    },
  })
  return { schedule, world, hub, rows, codes: new Set() }
}

export async function play(schedule: Schedule): Promise<Outcome> {
  const episode = emptyEpisode(schedule)
  for (const action of schedule.scenario.script) if (!(await untilDone(episode, action))) break
  return finishEpisode(episode)
}

export async function finishEpisode({ world, hub, schedule, rows, codes }: Episode): Promise<Outcome> {
  await hub.land()
  world.rest()
  schedule.scenario.atRest?.(world)
  checkRotations(world, schedule)
  return { calls: hub.names, violations: world.violations, rows, codes }
}

/** A request is repeated this often before it counts as not converging. */
const TRIES = 12

/** Answers false when a person must act: then the script stops there, with everything kept. */
export async function untilDone(episode: Episode, action: Action): Promise<boolean> {
  const { world, schedule, codes } = episode
  world.clock.advance(action.after ?? 0)
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const token = schedule.newToken ? `token-${attempt}` : 'token'
    const ended = await runOnce(episode, action, world.request({ token, ...action.request }))
    if (ended === 'died') world.clock.advance(1_000)
    else if (ended instanceof RotationError) {
      codes.add(ended.code)
      checkError(world, ended)
      // Decided on an old answer: whoever asks again hears whether it was true.
      const hasty = attempt === 0 && [...schedule.faults.values()].some(fault => fault === 'stale' || fault === 'older')
      if (needsPerson(ended) && !hasty) return stopped(world, action, ended)
      world.clock.advance(1_000)
    } else {
      const waiting = ended.find(r => r.outcome === 'waiting')
      if (!waiting || action.waits) return true
      world.clock.advanceTo((waiting.until ?? world.clock.now()) + 1)
    }
  }
  world.violate('P3', `${action.ask} does not converge`)
  return false
}

const needsPerson = (error: RotationError): boolean =>
  error.exitCode === 6 || isRotationError(error, 'identity-mismatch', 'refused', 'not-ours', 'auth-failed')

function stopped(world: World, action: Action, error: RotationError): false {
  if (!world.edited && !action.mayRefuse)
    world.violate('P3', `${action.ask} stopped with ${error.code} though nobody interfered`)
  return false
}

function checkError(world: World, error: RotationError): void {
  if (JSON.stringify(error).includes(CANARY) || error.stack?.includes(CANARY))
    world.violate('P5', 'an error holds a value')
}

async function runOnce(episode: Episode, action: Action, request: RotationRequest): Promise<Ended> {
  if (action.perform) return action.perform(episode, () => new Worker())
  const { world, hub, schedule } = episode
  const worker = new Worker()
  const run = schedule.engine[action.ask](world.setup(hub, worker), request, new AbortController().signal)
  const caught = run.then(asList, (error: unknown) => {
    if (error instanceof RotationError) return error
    throw error
  })
  return Promise.race([caught, worker.died])
}

const asList = (result: RotationResult | RotationResult[]): RotationResult[] =>
  Array.isArray(result) ? result : [result]

/** The same request, however often repeated, is one rotation. */
function checkRotations(world: World, { scenario }: Schedule): void {
  if (scenario.rotations === undefined || world.edited) return
  const ends = new Set(['secret_rotated', 'rollback'])
  const promoted = new Set(world.record.filter(e => ends.has(e.event_type)).map(e => e.metadata.rotation_id))
  if (promoted.size > scenario.rotations) world.violate('P3', 'more rotations than were asked for')
  if (promoted.size < scenario.rotations && world.violations.length === 0)
    world.violate('P3', 'fewer rotations than were asked for')
}
