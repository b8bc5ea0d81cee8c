/**
 * One schedule: a scenario with faults at given calls, run until every request of its script is done.
 * @module
 */
import { isRotationError, RotationError } from '../../errors.ts'
import type { RotationRequest, RotationResult } from '../../rotation/setup.ts'
import { type Fault, Hub, Worker } from './hub.ts'
import { rowsOf } from './rows.ts'
import type { Action, Engine, Scenario } from './scenarios.ts'
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

/** A request is repeated this often before it counts as not converging. */
const TRIES = 12

export async function play(schedule: Schedule): Promise<Outcome> {
  const { scenario } = schedule
  const world = new World({ strategy: scenario.strategy, ...scenario.world })
  scenario.given?.(world)
  const rows = new Set<string>()
  const codes = new Set<string>()
  const hub = new Hub({
    clock: world.clock,
    faults: schedule.faults,
    delay: schedule.delay ?? 3,
    observe: call => {
      world.observe(call)
      for (const row of rowsOf(world)) rows.add(row)
    },
    meanwhile: k => {
      if (k === schedule.meanwhileAt) scenario.meanwhile?.(world)
    },
  })
  for (const action of scenario.script) {
    world.clock.advance(action.after ?? 0)
    if (!(await untilDone(world, hub, schedule, action, codes))) break
  }
  await hub.land()
  world.rest()
  checkRotations(world, schedule)
  for (const code of codes) rows.add(`error ${code}`)
  return { calls: hub.names, violations: world.violations, rows, codes }
}

/** Answers false when a person must act: then the script stops there, with everything kept. */
async function untilDone(
  world: World,
  hub: Hub,
  schedule: Schedule,
  action: Action,
  codes: Set<string>,
): Promise<boolean> {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const token = schedule.newToken ? `token-${attempt}` : 'token'
    const request = world.request({ token, ...action.request })
    const ended = await runOnce(world, hub, schedule.engine, action, request)
    if (ended instanceof RotationError) {
      codes.add(ended.code)
      if (JSON.stringify(ended).includes(CANARY) || ended.stack?.includes(CANARY))
        world.violate('P5', 'an error holds a value')
      if (ended.exitCode === 6 || isRotationError(ended, 'identity-mismatch', 'refused', 'not-ours', 'auth-failed')) {
        if (!world.edited) world.violate('P3', `${action.ask} stopped with ${ended.code} though nobody interfered`)
        return false
      }
      world.clock.advance(1_000)
    } else if (ended === 'died') world.clock.advance(1_000)
    else {
      const waiting = ended.find(r => r.outcome === 'waiting')
      if (!waiting) return true
      world.clock.advanceTo((waiting.until ?? world.clock.now()) + 1)
    }
  }
  world.violate('P3', `${action.ask} does not converge`)
  return false
}

async function runOnce(world: World, hub: Hub, engine: Engine, action: Action, request: RotationRequest) {
  const worker = new Worker()
  const run = engine[action.ask](world.setup(hub, worker), request, new AbortController().signal)
  const guarded = run.then(asList, (error: unknown) => {
    if (error instanceof RotationError) return error
    throw error
  })
  return Promise.race([guarded, worker.died])
}

const asList = (result: RotationResult | RotationResult[]): RotationResult[] =>
  Array.isArray(result) ? result : [result]

/** The same request, however often repeated, is one rotation. */
function checkRotations(world: World, { scenario }: Schedule): void {
  if (scenario.rotations === undefined || world.edited) return
  const promoted = new Set(
    world.record
      .filter(e => e.event_type === 'secret_rotated' || e.event_type === 'rollback')
      .map(e => e.metadata.rotation_id),
  )
  if (promoted.size > scenario.rotations) world.violate('P3', 'more rotations than were asked for')
  if (promoted.size < scenario.rotations && world.violations.length === 0)
    world.violate('P3', 'fewer rotations than were asked for')
}
