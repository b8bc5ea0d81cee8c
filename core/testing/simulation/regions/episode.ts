/**
 * One schedule with a leader and followers: a script of requests, each to the process of one member, repeated until it is done.
 * @module
 */
import { isRotationError, RotationError } from '../../../errors.ts'
import type { FailOver, FailOverOptions } from '../../../replication/fail-over.ts'
import type { FollowerReport } from '../../../replication/replication.ts'
import type { RotationRequest, RotationResult, RotationSetup } from '../../../rotation/setup.ts'
import { type Fault, Hub, Worker } from '../hub.ts'
import { CANARY, ID, type Violation } from '../world.ts'
import { backUp, type Disturbance } from './disturbances.ts'
import { type MemberName, type RegionsOptions, RegionsWorld } from './world.ts'

type Ask<T> = (setup: RotationSetup, request: RotationRequest, signal: AbortSignal) => Promise<T>

/** The engine under test; planted bugs replace parts of it. */
export interface RegionsEngine {
  readonly rotate: Ask<RotationResult>
  readonly retire: Ask<RotationResult>
  readonly replicate: Ask<readonly FollowerReport[]>
  readonly failOver: (...args: [...Parameters<Ask<FailOver>>, FailOverOptions?]) => Promise<FailOver>
}

export interface RegionsAction {
  readonly ask: keyof RegionsEngine
  /** Default: whoever leads when it is asked. */
  readonly as?: MemberName
  /** Time that passes before it, in ms. */
  readonly after?: number
  readonly acceptOlder?: boolean
  /** A rotation at once, whatever followers show. */
  readonly emergency?: boolean
  /** A refusal by a rule is an answer too. */
  readonly mayRefuse?: boolean
}

export interface RegionsScenario extends RegionsOptions {
  readonly name: string
  readonly script: readonly RegionsAction[]
  /** How many rotations the script asks for. Absent: not counted, where one may be lost with its leader. */
  readonly rotations?: number
}

export interface RegionsSchedule {
  readonly scenario: RegionsScenario
  readonly engine: RegionsEngine
  readonly faults?: ReadonlyMap<number, Fault>
  /** Calls after which a late effect lands. */
  readonly delay?: number
  readonly disturbance?: Disturbance
  /** Before which call it begins. */
  readonly from?: number
  /** Every request is sent twice. */
  readonly twice?: boolean
}

export interface RegionsEpisode {
  readonly schedule: RegionsSchedule
  readonly world: RegionsWorld
  readonly hub: Hub
  readonly codes: Set<string>
}

/** How many calls a disturbance lasts. */
const LASTS = 40

export function regionsEpisode(schedule: RegionsSchedule): RegionsEpisode {
  const { scenario, faults = new Map(), delay = 3, disturbance, from = 0 } = schedule
  const world = new RegionsWorld(scenario)
  const hub = new Hub({
    clock: world.clock,
    faults,
    delay,
    observe: call => world.observe(call),
    meanwhile: k => {
      if (k === from) disturbance?.(world)
      if (k === from + LASTS) world.heal()
    },
  })
  return { schedule, world, hub, codes: new Set() }
}

export interface RegionsOutcome {
  readonly calls: readonly string[]
  readonly violations: readonly Violation[]
  readonly codes: ReadonlySet<string>
}

export async function playRegions(schedule: RegionsSchedule): Promise<RegionsOutcome> {
  const episode = regionsEpisode(schedule)
  await playScript(episode, schedule.scenario.script)
  return finishRegions(episode)
}

export async function playScript(
  episode: RegionsEpisode,
  script: readonly RegionsAction[],
  spawn?: () => Worker,
): Promise<void> {
  for (const action of script) {
    backUp(episode.world)
    await askUntilDone(episode, action, spawn)
    if (episode.schedule.twice) await askUntilDone(episode, { ...action, after: 0, mayRefuse: true }, spawn)
  }
}

/** Everything heals, and whoever leads finishes what was begun and brings all up to date. */
export async function finishRegions(episode: RegionsEpisode): Promise<RegionsOutcome> {
  const { world, hub, codes } = episode
  await hub.land()
  world.heal()
  if (world.storeOf(world.leader).peek(ID).pending) await askUntilDone(episode, { ask: 'rotate' })
  await askUntilDone(episode, { ask: 'replicate' })
  world.rest()
  countRotations(episode)
  return { calls: hub.names, violations: world.violations, codes }
}

/** A request is repeated this often before it counts as not converging, and trouble ends after the third time. */
const TRIES = 14

export async function askUntilDone(
  episode: RegionsEpisode,
  action: RegionsAction,
  spawn = () => new Worker(),
): Promise<void> {
  const { world, schedule, codes } = episode
  world.clock.advance(action.after ?? 0)
  for (let attempt = 0; attempt < TRIES; attempt++) {
    if (attempt === 3) world.heal()
    const ended = await askOnce(episode, action, spawn())
    if (ended instanceof RotationError) {
      codes.add(ended.code)
      checkError(world, ended)
      if (action.mayRefuse && refusals.has(ended.code)) return
      // decided on an old answer: whoever asks again hears whether it was true
      const hasty = attempt === 0 && [...(schedule.faults ?? new Map()).values()].includes('stale')
      if (needsPerson(ended) && !hasty) {
        world.violate('P3', `${action.ask} stopped with ${ended.code} though nobody interfered`)
        return
      }
      world.clock.advance(1_000)
    } else if (ended === 'died') world.clock.advance(1_000)
    else {
      const until = openUntil(ended, world.clock.now())
      if (until === undefined) return
      // a retirement that was answered from an old state is asked for again, as by the next sweep
      const held = 'for' in ended && ended.for === 'retire'
      const other = held ? await askOnce(episode, { ask: 'retire' }, spawn()) : 'died'
      const later = other === 'died' || other instanceof RotationError ? undefined : openUntil(other, until)
      world.clock.advanceTo(Math.max(until, later ?? 0) + 1)
    }
  }
  world.violate('P3', `${action.ask} does not converge`)
}

const refusals = new Set([
  'follower-behind',
  'not-leader',
  'nothing-authenticates',
  'follower-foreign',
  'secret-not-found',
])

const needsPerson = (error: RotationError): boolean =>
  error.exitCode === 6 ||
  isRotationError(error, 'identity-mismatch', 'refused', 'not-ours', 'auth-failed', 'not-leader', 'follower-behind')

type Answer = RotationResult | readonly FollowerReport[] | FailOver

export async function askOnce(
  { world, hub, schedule }: RegionsEpisode,
  { ask, as, acceptOlder, emergency }: RegionsAction,
  worker: Worker,
): Promise<'died' | RotationError | Answer> {
  const setup = world.setupFor(as ?? world.leader, hub, worker)
  // what the old leader had begun to show and not given out is lost in an emergency
  if (emergency) world.promises.released.add('eu')
  const manual = ask === 'failOver' || ask === 'replicate'
  const request = world.request({
    ...(manual && { type: 'manual', reason: 'simulated' }),
    ...(emergency && { type: 'emergency', reason: 'simulated', force: true }),
  })
  const { engine } = schedule
  const { signal } = new AbortController()
  const run: Promise<Answer> =
    ask === 'failOver'
      ? engine.failOver(setup, request, signal, { acceptOlder: acceptOlder ?? false })
      : engine[ask](setup, request, signal)
  const caught = run.catch((error: unknown) => {
    if (error instanceof RotationError) return error
    throw error
  })
  return Promise.race([caught, worker.died])
}

/** Until when it is not done yet. Done: undefined. */
function openUntil(answer: Answer, now: number): number | undefined {
  if ('outcome' in answer) return answer.outcome === 'waiting' ? (answer.until ?? now) : undefined
  const reports = 'followers' in answer ? [] : answer
  return reports.every(({ standing }) => standing === 'in-sync') ? undefined : now + 10_000
}

function checkError(world: RegionsWorld, error: RotationError): void {
  if (JSON.stringify(error).includes(CANARY) || error.stack?.includes(CANARY))
    world.violate('P5', 'an error holds a value')
}

function countRotations({ world, schedule: { scenario } }: RegionsEpisode): void {
  if (scenario.rotations === undefined) return
  const made = new Set(
    world.record
      .filter(({ event_type }) => event_type === 'secret_rotated')
      .map(({ metadata }) => metadata.rotation_id),
  )
  if (made.size > scenario.rotations) world.violate('P3', 'more rotations than were asked for')
  if (made.size < scenario.rotations && world.violations.length === 0)
    world.violate('P3', 'fewer rotations than were asked for')
}
