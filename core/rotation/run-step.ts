/**
 * One step of a rotation that a service drives step by step: it names the rotation, calls create, set, test and finish in turn,
 * each in an invocation of its own, and takes every answer for success. So only done and already-rotated return; whatever
 * else `rotate` would answer is thrown. The service repeats what failed, from create, with the same name.
 *
 * Where the strategy has a gap, `set` and `test` look only, and `finish` sets, tests and promotes back to back: consumers hold
 * a dead credential for a few round trips, however slow the invocations are.
 * @module
 */
import { isRotationError, RotationError, sanitise } from '../errors.ts'
import type { Call, RotationId, SecretState, VersionId } from '../ports/secret-store.ts'
import { heldByFollowers, requireAcceptedGap } from '../replication/gate.ts'
import { confirmLead } from '../replication/lead.ts'
import type { FollowerReport } from '../replication/replication.ts'
import { tellFollowers } from '../replication/tell.ts'
import { informConsumers } from './consumers.ts'
import { discard } from './discard.ts'
import { recordFailure, retried } from './guarded.ts'
import { rotationId } from './ids.ts'
import { testWithinLag } from './lag.ts'
import { Waiting } from './outcome.ts'
import { effectiveGrace, planStep } from './plan.ts'
import { type ReadVersion, Run } from './run.ts'
import type { RotationRequest, RotationSetup } from './setup.ts'
import { bring, checkBrought, checkIdentity, type Rotation } from './steps/create.ts'
import { endingOf, finish } from './steps/finish.ts'
import { set } from './steps/set.ts'
import { test } from './steps/test.ts'

export type DrivenStep = 'create' | 'set' | 'test' | 'finish'

export interface StepRequest extends RotationRequest {
  readonly step: DrivenStep
  /** The service's name for the rotation. */
  readonly rotation: RotationId
}

export interface StepResult {
  /** `tried`: only the set-up was tested, with current; no rotation is under way. */
  readonly outcome: 'done' | 'already-rotated' | 'tried'
  readonly rotation: RotationId
  readonly versions?: { readonly old: VersionId; readonly new: VersionId }
  /** How each follower took it; absent without followers. */
  readonly followers?: readonly FollowerReport[]
}

/** Repeat, in any order: the same answer, or what is missing is done. A rotation that is not pending (any more): `stale`. */
export async function runStep(setup: RotationSetup, request: StepRequest, signal: AbortSignal): Promise<StepResult> {
  const run = new Run(setup, request, signal)
  const { step } = request
  try {
    return await retried(run, () => run.step(step, () => bodies[step](run, request.rotation)))
  } catch (thrown) {
    const failure = sanitise(asFailure(thrown)).in({ step, secret: setup.secret })
    await recordFailure(run, failure)
    throw failure
  }
}

type Body = (run: Run, rotation: RotationId) => Promise<StepResult>

const done = (rotation: RotationId): StepResult => ({ outcome: 'done', rotation })

/** A wait is no answer to a service that goes on at once. */
function asFailure(thrown: unknown): unknown {
  if (!(thrown instanceof Waiting)) return thrown
  const { why, until } = thrown.result
  const next =
    until === undefined
      ? undefined
      : `Possible from ${new Date(until).toISOString()}; the service may be left to try again.`
  return new RotationError('refused', why, { next })
}

async function createStep(run: Run, rotation: RotationId): Promise<StepResult> {
  await confirmLead(run)
  const state = await look(run)
  if (state.current.rotation === rotation) return already(rotation)
  if (state.pending?.rotation !== rotation) {
    // Not pending: nothing, or the rest of a discard that was cut short and would keep the next rotation from beginning.
    await run.setup.store.discardPending(run.setup.id, rotation, run.call())
    throw notPending()
  }
  if (state.pending.ours) return done(rotation)
  const { id, policy, target, clock } = run.setup
  requireAcceptedGap(run.setup)
  const followers = await heldByFollowers(run, state)
  const plan = planStep({ id, policy, target, state, now: clock.now(), request: run.request, followers })
  if (plan?.do === 'refuse') throw new RotationError(plan.code, plan.why)
  if (plan?.do === 'wait') throw new Waiting(plan.for, plan.why, plan.until)
  const current = await run.read(state.current.version)
  requireSettledEdit(run, state)
  await run.record('rotation_started', {
    result: 'success',
    versions: { old: current.version },
    details: { rotation_id: rotation, resumed: false },
  })
  const { winner } = await bring(run, state, rotation, current)
  checkBrought(run, winner)
  checkDerived(run, rotation, current, winner)
  return done(rotation)
}

/** With two logins, an edit may have moved consumers to the one that is set next: the grace, as after a rotation, is sure. */
function requireSettledEdit({ setup }: Run, { anomaly, current }: SecretState): void {
  const until = current.since + effectiveGrace(setup.policy)
  if (anomaly !== 'edited' || setup.target.overlap === 'gap' || setup.clock.now() >= until) return
  throw new Waiting('grace', 'Current was changed by hand; consumers may still hold what it was before.', until)
}

async function setStep(run: Run, rotation: RotationId): Promise<StepResult> {
  if (run.setup.target.overlap === 'gap') {
    const pending = await readPending(run, rotation)
    return 'outcome' in pending ? pending : done(rotation)
  }
  const begun = await resumed(run, rotation, async () => already(rotation))
  if ('outcome' in begun) return begun
  await setOrDiscard(run, begun)
  return done(rotation)
}

async function testStep(run: Run, rotation: RotationId): Promise<StepResult> {
  const pending = await readPending(run, rotation, tryOut)
  if ('outcome' in pending) return pending
  if (pending.rotation === undefined) return tryOut(run, rotation)
  if (run.setup.target.overlap !== 'gap') await testWithinLag(run, pending.credential)
  return done(rotation)
}

async function finishStep(run: Run, rotation: RotationId): Promise<StepResult> {
  const result = await (run.setup.target.overlap === 'gap' ? finishGap(run, rotation) : finishPair(run, rotation))
  // repeated too: the run before may have died in between
  const followers = await tellFollowers(run)
  if (result.versions) await informConsumers(run, result.versions.new, 'all')
  return { ...result, ...(followers && { followers }) }
}

/** Set, test and promote in one breath. */
async function finishGap(run: Run, rotation: RotationId): Promise<StepResult> {
  const begun = await resumed(run, rotation, finishedBefore)
  if ('outcome' in begun) return begun
  await setOrDiscard(run, begun)
  await test(run, begun)
  try {
    return promoted(rotation, begun.base, await finish(run, begun))
  } catch (error) {
    if (isRotationError(error, 'conflict', 'stale')) await keepWorking(run, begun)
    throw error
  }
}

/** Both are valid since `set`; only the label is left to move. */
async function finishPair(run: Run, rotation: RotationId): Promise<StepResult> {
  const state = await look(run, 'stages')
  if (state.current.rotation === rotation) return finishedBefore(run, rotation, state)
  const { pending, current } = state
  if (pending?.rotation !== rotation || !pending.ours) throw notPending()
  const version = { version: rotation as string as VersionId } as ReadVersion
  return promoted(
    rotation,
    current.version,
    await finish(run, { id: rotation, base: current.version, state, current: version, pending: version, shared: true }),
  )
}

const bodies: Readonly<Record<DrivenStep, Body>> = {
  create: createStep,
  set: setStep,
  test: testStep,
  finish: finishStep,
}

const promoted = (rotation: RotationId, old: VersionId, current: VersionId): StepResult => ({
  outcome: 'done',
  rotation,
  versions: { old, new: current },
})

/** The rotation as `create` left it. */
async function resumed(
  run: Run,
  rotation: RotationId,
  whenCurrent: typeof finishedBefore,
): Promise<Rotation | StepResult> {
  const state = await look(run, 'values')
  if (state.current.rotation === rotation) return whenCurrent(run, rotation, state)
  if (state.pending?.rotation !== rotation || !state.pending.ours) throw notPending()
  const { base } = state.pending
  if (base !== state.current.version)
    throw new RotationError('conflict', 'Current was changed by somebody after this rotation had begun.')
  const [current, pending] = [await run.read(base), await run.read({ pending: rotation })]
  checkDerived(run, rotation, current, pending)
  return { id: rotation, base, state, current, pending, shared: true, driven: true }
}

async function readPending(
  run: Run,
  rotation: RotationId,
  whereEmpty: Body = () => Promise.reject(notPending()),
): Promise<(ReadVersion & { readonly rotation?: RotationId }) | StepResult> {
  const { store, id } = run.setup
  const found = await store.read(id, { pending: rotation }, run.call())
  if (found) return { ...run.remember(found), ...(found.rotation && { rotation: found.rotation }) }
  const state = await look(run)
  if (state.current.rotation === rotation) return already(rotation)
  if (state.pending?.rotation === rotation) return whereEmpty(run, rotation)
  throw notPending()
}

async function look(run: Run, only?: Call['only']): Promise<SecretState> {
  const { store, id } = run.setup
  const state = await store.describe(id, { ...run.call(), ...(only && { only }) })
  if (state) return state
  throw new RotationError('secret-not-found', 'The store has no such secret.')
}

/** The set-up alone: whether current logs in everywhere. Nothing is changed. */
async function tryOut(run: Run, rotation: RotationId): Promise<StepResult> {
  const { current } = await look(run)
  await run.setup.target.test((await run.read(current.version)).credential, run.targetCall)
  return { outcome: 'tried', rotation }
}

const already = (rotation: RotationId): StepResult => ({ outcome: 'already-rotated', rotation })

/** Where a change and its record are two writes, a run may have died between them. */
async function finishedBefore(run: Run, rotation: RotationId, { current }: SecretState): Promise<StepResult> {
  const ending = { result: 'already', versions: { new: current.version }, details: { rotation_id: rotation } } as const
  if (!run.setup.store.capabilities.records) await run.record(endingOf(rotation), ending)
  await informConsumers(run, current.version, 'asking')
  return already(rotation)
}

/** Somebody else may have brought pending, or changed current since: what is set must be current with another login. */
function checkDerived(run: Run, rotation: RotationId, current: ReadVersion, pending: ReadVersion): void {
  checkIdentity(run, current.credential, pending.credential, rotation)
  if (run.setup.shape.differsOnlyInLogin(current.value, pending.value)) return
  throw new RotationError('conflict', 'The pending version is not current with another login: one of them was changed.')
}

/** The same name cannot take another value: so the service has to begin anew. */
async function setOrDiscard(run: Run, rotation: Rotation): Promise<void> {
  try {
    await set(run, rotation)
  } catch (error) {
    if (!isRotationError(error, 'value-rejected')) throw error
    await look(run)
    await discard(run, rotation.id, rotation.pending.version, 'the target refuses the value')
    throw error
  }
}

/**
 * Current was edited after `set`, and the service has given its rotation up. If the edit does not work because the target holds
 * pending, it gets pending's login at once, as a rotation of our own: consumers are waiting.
 */
async function keepWorking(run: Run, { id, pending }: Rotation): Promise<void> {
  const { setup } = run
  const state = await look(run)
  if (state.pending || state.current.rotation === id) return
  const edited = await run.read(state.current.version)
  const { accepted } = await setup.target.accepts(edited.credential, run.targetCall)
  if (accepted.length > 0) return
  const rotation = rotationId(setup.id, state)
  const value = setup.shape.write(edited.value, pending.credential)
  const won = await setup.store.putPending(setup.id, { rotation, base: edited.version, value }, run.call())
  // Somebody else is at it with another password, which he will set before he promotes it.
  if (won.value === 'disabled' || !won.value.equals(value)) return
  await finish(run, {
    id: rotation,
    base: edited.version,
    state,
    current: edited,
    pending: run.remember(won),
    shared: true,
  })
}

const notPending = (): RotationError =>
  new RotationError('stale', 'This rotation is not pending: it was abandoned, cancelled or replaced by a later one.')
