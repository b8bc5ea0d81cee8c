/**
 * A rotation from whatever the store shows to a new current: describe, plan, step by step. The same call again finishes what
 * was begun. `retire` and `rollback` stand beside it; all three are loops over the steps.
 * @module
 */
import { isRotationError, RotationError } from '../errors.ts'
import type { RotationId, SecretState, VersionId } from '../ports/secret-store.ts'
import { heldByFollowers, requireAcceptedGap } from '../replication/gate.ts'
import { standsBy } from '../replication/lead.ts'
import { tellFollowers } from '../replication/tell.ts'
import { informConsumers } from './consumers.ts'
import { discard } from './discard.ts'
import { guarded } from './guarded.ts'
import { isRollback } from './ids.ts'
import { answerTo } from './outcome.ts'
import { type Plan, type PlanInput, planRollback, planRotation } from './plan.ts'
import { reconcile } from './reconcile.ts'
import { Run } from './run.ts'
import type { RotationRequest, RotationResult, RotationSetup } from './setup.ts'
import { create } from './steps/create.ts'
import { endingOf, finish, requireNothingOvertaken } from './steps/finish.ts'
import { set } from './steps/set.ts'
import { test } from './steps/test.ts'

type Planner = (input: PlanInput) => Plan

/** The steps by name: the loop below runs them in one go, a step-by-step service calls one at a time. */
export const standardSteps = { create, set, test, finish }
export type Steps = typeof standardSteps

/** Rotates if it is due, finishes if it was begun. Throws RotationError; what can go on later is a result. */
export const rotate = (
  setup: RotationSetup,
  request: RotationRequest,
  signal: AbortSignal,
  steps: Steps = standardSteps,
): Promise<RotationResult> => perform(new Run(setup, request, signal), planRotation, steps)

/** Goes back to the previous credential while it is alive, as a rotation to its value. */
export const rollback = (
  setup: RotationSetup,
  request: RotationRequest,
  signal: AbortSignal,
): Promise<RotationResult> => perform(new Run(setup, request, signal), planRollback, standardSteps)

const perform = (run: Run, planner: Planner, steps: Steps): Promise<RotationResult> =>
  guarded(run, async () => {
    const other = await standsBy(run)
    if (other) return other
    const result = await pass(run, planner, steps)
    if (result.outcome !== 'rotated' && result.outcome !== 'rolled-back') return result
    const followers = await tellFollowers(run)
    // in an emergency the old credential ends first, however long a hook takes
    if (run.request.type !== 'emergency') await informConsumers(run, result.new, 'all')
    return { ...result, ...(followers && { followers }) }
  })

/** Plans are made anew after an edit was reconciled, and once after a refused value was discarded. */
const REPLANS = 3

async function pass(run: Run, planner: Planner, steps: Steps): Promise<RotationResult> {
  let refusedValue = false
  for (let replans = 0; replans < REPLANS; replans++) {
    const state = await run.describe()
    const done = state && (await finishedBefore(run, state))
    if (done) return done
    if (state?.halted !== undefined && run.request.force) await resumeHalted(run)
    const plan = planner(await inputOf(run, state))
    try {
      const result = await follow(run, plan, state, steps)
      if (result) return result
    } catch (error) {
      if (!isRotationError(error, 'value-rejected') || plan.do !== 'steps') throw error
      await discardRefused(run, plan.rotation)
      if (refusedValue || run.request.value || isRollback(plan.rotation)) throw error
      refusedValue = true
    }
  }
  throw new RotationError('stale', 'The secret keeps changing under this run.')
}

/** What is pending is finished whatever followers show; else they are brought up to date first. */
async function inputOf(run: Run, state: SecretState | undefined): Promise<PlanInput> {
  const { id, policy, target, clock } = run.setup
  requireAcceptedGap(run.setup)
  const begins = state && !state.pending && state.anomaly !== 'regressed' && run.request.type !== 'emergency'
  const followers = begins ? await heldByFollowers(run, state) : undefined
  return { id, policy, target, state, now: clock.now(), request: run.request, followers }
}

/** What this request asked for is current already: by this run, whose answer was lost, or because the person's value is. */
async function finishedBefore(run: Run, state: SecretState): Promise<RotationResult | undefined> {
  const { current, pending } = state
  const { begun } = run
  if (begun && current.rotation === begun.id) {
    await recordAlready(run, state)
    return rotated(begun.id, begun.base, current.version, true)
  }
  const { value } = run.request
  if (!value || pending || !value.equals((await run.read(current.version)).credential.password)) return undefined
  await recordWhatIsMissing(run, state)
  return { outcome: 'already-rotated', why: 'Current holds the value that was brought.' }
}

/** A person acts: the budget begins anew. */
function resumeHalted(run: Run): Promise<void> {
  const { store, id } = run.setup
  return store.note(id, { halted: null, attempts: 0 }, run.call())
}

/** Undefined: the state has moved, plan again. */
async function follow(
  run: Run,
  plan: Plan,
  state: SecretState | undefined,
  steps: Steps,
): Promise<RotationResult | undefined> {
  switch (plan.do) {
    case 'steps':
      return takeSteps(run, plan, state!, steps)
    case 'reconcile':
      return reconcile(run, state!)
    case 'republish':
      await run.setup.store.republish?.(run.setup.id, run.call())
      return undefined
    case 'nothing':
    case 'wait':
      await recordWhatIsMissing(run, state!)
      return answerTo(plan)
    default:
      return answerTo(plan)
  }
}

async function takeSteps(
  run: Run,
  plan: Extract<Plan, { do: 'steps' }>,
  state: SecretState,
  { create, set, test, finish }: Steps,
): Promise<RotationResult | undefined> {
  const { rotation: id, base, steps, resumed } = plan
  run.begun = { id, base }
  await run.record('rotation_started', {
    result: 'success',
    versions: { old: base },
    details: { rotation_id: id, resumed },
  })
  if (steps.length === 1) return rotated(id, base, await republished(run, id, base), resumed)
  const rotation = await run.step('create', () => create(run, state, id, base))
  if (steps.includes('set')) await run.step('set', () => set(run, rotation))
  await run.step('test', () => test(run, rotation))
  try {
    return rotated(id, base, await run.step('finish', () => finish(run, rotation)), resumed)
  } catch (error) {
    if (isRotationError(error, 'conflict') && (await run.describe())?.pending?.rotation === id) return undefined
    throw error
  }
}

/**
 * Where a change and its record are two writes, a run may have died between them; the next one records the ending again. Or before
 * every consumer was informed: they are asked.
 */
export async function recordWhatIsMissing(run: Run, state: SecretState): Promise<void> {
  const { store, clock, policy } = run.setup
  const recent = state.promotedAt !== undefined && clock.now() < state.promotedAt + policy.runLife
  if (!recent) return
  if (!store.capabilities.records) await recordAlready(run, state)
  if (run.request.type !== 'emergency') await informConsumers(run, state.current.version, 'asking')
}

/** An ending for a run that finds its rotation finished; a second line with the same rotation id says `already`. */
async function recordAlready(run: Run, { current }: SecretState): Promise<void> {
  if (!current.rotation) return
  const details = { rotation_id: current.rotation }
  await run.record(endingOf(current.rotation), { result: 'already', versions: { new: current.version }, details })
}

/** Consumers have seen it already: only the records are behind, the store's and the one of attempts. */
async function republished(run: Run, rotation: RotationId, base: VersionId): Promise<VersionId> {
  const { token } = run.request
  const move = { rotation, base, ...(token !== undefined && { request: token }) }
  const done = await run.setup.store.promote(run.setup.id, move, run.call())
  const details = { rotation_id: rotation, resumed: true }
  await run.record(endingOf(rotation), { result: 'success', versions: { old: base, new: done.version }, details })
  requireNothingOvertaken(done)
  return done.version
}

const rotated = (rotation: RotationId, old: VersionId, current: VersionId, resumed: boolean): RotationResult => ({
  outcome: isRollback(rotation) ? 'rolled-back' : 'rotated',
  rotation,
  old,
  new: current,
  resumed,
})

/** The target refused the value in this run, so nobody can hold it. */
async function discardRefused(run: Run, rotation: RotationId): Promise<void> {
  const pending = await run.read({ pending: rotation })
  await discard(run, rotation, pending.version, 'the target refuses the value')
}
