// Secrets Manager's side of a rotation, in miniature: it labels an empty version, calls the four steps, each in a process of
// its own, and after any failure calls them again with the same token. A foreign put or CancelRotateSecret ends that.

import { isRotationError, RotationError } from '../../../core/errors.ts'
import type { RotationId } from '../../../core/ports/secret-store.ts'
import { type DrivenStep, runStep } from '../../../core/rotation/run-step.ts'
import type { Episode } from '../../../core/testing/simulation/episode.ts'
import type { Worker } from '../../../core/testing/simulation/hub.ts'
import type { Action, Ended, Perform } from '../../../core/testing/simulation/scenarios.ts'
import { ID, type World } from '../../../core/testing/simulation/world.ts'
import type { AwsBackend } from './backend.ts'

export type RunStep = typeof runStep

const STEPS: readonly DrivenStep[] = ['create', 'set', 'test', 'finish']

export interface DriveOptions {
  /** The step under test. */
  readonly step?: RunStep
  /** The service takes AWSPENDING off what was promoted; it may as well leave it there. */
  readonly cleanPending?: boolean
  /** Others are at work too, so that the gap may be theirs. */
  readonly beside?: boolean
  /** It is refused, for as long as anybody tries: tried once. */
  readonly refused?: boolean
  /** So far only; the rest is for the next round. */
  readonly only?: readonly DrivenStep[]
  /** A person may switch rotation off: then that is the end of it. */
  readonly cancellable?: boolean
}

export const backendOf = (world: World): AwsBackend => world.store as unknown as AwsBackend

interface Ongoing {
  readonly token: RotationId
  readonly rotationToken: string
}

const ongoing = new WeakMap<World, Ongoing>()
/** How often the rotation under way has failed. */
const failures = new WeakMap<Ongoing, number>()
/** The service tries again so often; then somebody asks for another rotation. */
const ROUNDS = 4

/** RotateSecret, and a function that was never called. */
export function beginAndLeave(world: World): Ongoing {
  const rotation = begin(world)
  if (!rotation) throw new Error('a rotation is under way already')
  return rotation
}

/** One round of four steps of the rotation under way, or of a new one. */
export const drive = (options: DriveOptions = {}): Action => ({ ask: 'rotate', perform: round(options) })

const round =
  ({
    step: run = runStep,
    cleanPending = true,
    beside = false,
    cancellable = false,
    refused = false,
    only,
  }: DriveOptions): Perform =>
  async (episode, spawn) => {
    const { world } = episode
    const { service } = backendOf(world).fake
    if (cancellable && isSwitchedOff(world)) return []
    const rotation = current(world) ?? begin(world)
    if (!rotation) return refusedToBegin()
    for (const step of only ?? STEPS) {
      if (isOver(world, rotation)) return new RotationError('busy', 'The service has given this rotation up.')
      const worked = !beside && world.accepts(world.current)
      const ended = await invoke(episode, spawn(), { ...rotation, step, run })
      if (Array.isArray(ended)) {
        if (worked) checkBetween(world, step)
        continue
      }
      if (isUnderWay(world, rotation)) service.endRotation(ID, rotation.token, 'failed')
      if (refused && isRefusal(ended)) return []
      return ended === 'died' ? ended : asDriven(world, ended as RotationError)
    }
    if (isOver(world, rotation)) return new RotationError('busy', 'The service has given this rotation up.')
    if (only || !isUnderWay(world, rotation)) return []
    service.endRotation(ID, rotation.token, 'succeeded', { cleanPending })
    ongoing.delete(world)
    world.observe('the service’s end')
    return []
  }

/** After enough failures a person asks for another one; refused as long as AWSPENDING says that this one is not complete. */
function current(world: World): Ongoing | undefined {
  const rotation = ongoing.get(world)
  if (!rotation) return undefined
  const failed = failures.get(rotation) ?? 0
  failures.set(rotation, failed + 1)
  return failed < ROUNDS ? rotation : (begin(world) ?? rotation)
}

const isRefusal = (ended: Ended): boolean => isRotationError(ended, 'identity-mismatch', 'conflict', 'refused')

const refusedToBegin = (): RotationError => new RotationError('busy', 'RotateSecret: a rotation is not complete.')

/** RotateSecret. Refused while AWSPENDING is on another version: undefined. */
function begin(world: World): Ongoing | undefined {
  const { fake, tokens } = backendOf(world)
  try {
    const start = fake.service.beginRotation(ID)
    tokens.add(start.token)
    const rotation = { token: start.token as RotationId, rotationToken: start.rotationToken }
    ongoing.set(world, rotation)
    return rotation
  } catch {
    return undefined
  }
}

/** Abandoned or cancelled: nobody calls the steps any more, and the next RotateSecret has another token. */
function isOver(world: World, { token }: Ongoing): boolean {
  const { service } = backendOf(world).fake
  const { rotationEnabled } = service.peek(ID)
  const over = service.isAbandoned(token) || !rotationEnabled
  if (over && ongoing.get(world)?.token === token) ongoing.delete(world)
  return over
}

/** Another driver may have ended it. */
const isUnderWay = (world: World, rotation: Ongoing): boolean =>
  !isOver(world, rotation) && ongoing.get(world)?.token === rotation.token

function isSwitchedOff(world: World): boolean {
  const { tokens, fake } = backendOf(world)
  return tokens.size > 0 && !fake.service.peek(ID).rotationEnabled
}

interface Invocation extends Ongoing {
  readonly step: DrivenStep
  readonly run: RunStep
}

function invoke(
  { world, hub }: Episode,
  worker: Worker,
  { step, run, token, rotationToken }: Invocation,
): Promise<Ended> {
  const store = backendOf(world).connectStep(hub, worker, { token, rotationToken })
  const request = { ...world.request(), step, rotation: token }
  const ended = run({ ...world.setup(hub, worker), store }, request, new AbortController().signal).then(
    () => [],
    (error: unknown) => {
      if (error instanceof RotationError) return error
      throw error
    },
  )
  return Promise.race([ended, worker.died])
}

/** The gap lies within one invocation: none that answers leaves consumers with what it has ended. */
function checkBetween(world: World, step: DrivenStep): void {
  if (!world.excused && !world.accepts(world.current))
    world.violate('P2', `${step} answered and left consumers with a dead credential`)
}

/** The service tries again whatever went wrong; after a rule that says "later", later. What lasts is for a person to read. */
function asDriven(world: World, error: RotationError): RotationError {
  const { grace, runLife } = world.policy
  const failed = (allFailures.get(world) ?? 0) + 1
  allFailures.set(world, failed)
  if (error.code === 'refused') world.clock.advance(grace + runLife)
  return failed > LASTING ? error : new RotationError('busy', error.message)
}

const allFailures = new WeakMap<World, number>()
/** Failed rounds of a world, whatever their tokens, after which the service's log is read. */
const LASTING = 10
