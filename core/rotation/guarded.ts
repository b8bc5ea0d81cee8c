/**
 * The frame of every run: bounded retries within the deadline, an ending on record for every attempt, the retry budget.
 * @module
 */
import { type ErrorCode, isRotationError, type RotationError, sanitise } from '../errors.ts'
import type { Duration } from '../ports/clock.ts'
import type { SecretState } from '../ports/secret-store.ts'
import { discard, lastLanding } from './discard.ts'
import { Waiting } from './outcome.ts'
import type { Run } from './run.ts'
import type { RotationResult } from './setup.ts'

const TRIES = 3
const FIRST_PAUSE: Duration = 200

export async function guarded(run: Run, body: () => Promise<RotationResult>): Promise<RotationResult> {
  try {
    const result = await retried(run, body)
    if (result.outcome === 'waiting') await recordWaiting(run, result)
    return result
  } catch (thrown) {
    if (thrown instanceof Waiting) {
      await recordWaiting(run, thrown.result)
      return thrown.result
    }
    const failure = sanitise(thrown).in({ secret: run.setup.secret })
    await recordFailure(run, failure)
    if (!uncounted.includes(failure.code)) await quietly(() => countAttempt(run, failure))
    throw failure
  }
}

/** Again, while that may help and there is time. Throws what the last try threw, and every wait. */
export async function retried<T>(run: Run, body: () => Promise<T>): Promise<T> {
  for (let attempt = 1, pause = FIRST_PAUSE; ; attempt++, pause *= 2) {
    try {
      return await body()
    } catch (thrown) {
      if (thrown instanceof Waiting || !(await worthAnotherTry(run, sanitise(thrown), attempt, pause))) throw thrown
    }
  }
}

/** The pause obeys the deadline too: a call made after it would be the dangerous one. */
async function worthAnotherTry(run: Run, failure: RotationError, attempt: number, pause: Duration): Promise<boolean> {
  const { clock } = run.setup
  if (failure.retry === 'no' || failure.code === 'aborted' || failure.code === 'no-time' || attempt >= TRIES)
    return false
  if (run.signal.aborted || clock.now() + pause >= run.deadline) return false
  try {
    await clock.sleep(pause, run.signal)
    return true
  } catch {
    return false
  }
}

const recordWaiting = (run: Run, { for: reason, until, why }: Extract<RotationResult, { outcome: 'waiting' }>) =>
  run.record('rotation_waiting', {
    result: 'waiting',
    details: { waiting_for: reason, why, ...(until !== undefined && { until: new Date(until).toISOString() }) },
  })

/** Says nothing about the secret itself: a target that is down must not halt a fleet. */
const uncounted: readonly ErrorCode[] = [
  'aborted',
  'no-time',
  'busy',
  'stale',
  'conflict',
  'unknown',
  'discarded',
  'store-unavailable',
  'target-unreachable',
  'target-busy',
  'refused',
  'halted',
  'secret-not-found',
  'access-denied',
  'not-ours',
  'key-limit',
]

export async function recordFailure(run: Run, failure: RotationError): Promise<void> {
  const refused = failure.code === 'refused' || failure.code === 'halted' || failure.code === 'not-ours'
  const type = failure.code === 'access-denied' ? 'access_denied' : 'rotation_failed'
  const details = { error_code: failure.code, message: failure.message, ...(failure.step && { step: failure.step }) }
  await quietly(() => run.record(type, { result: refused ? 'refused' : 'failure', details }))
}

async function countAttempt(run: Run, failure: RotationError): Promise<void> {
  const { store, id, policy } = run.setup
  const state = await run.describe()
  if (!state) return
  const attempts = state.attempts + 1
  const halt = attempts >= policy.retryBudget && state.halted === undefined && (await nothingUrgent(run, state))
  await store.note(id, { attempts, ...(halt && { halted: failure.code }) }, run.call())
  if (halt) await run.record('rotation_halted', { result: 'failure', details: { error_code: failure.code, attempts } })
}

/**
 * What is pending at a gap strategy may be all that works, and is tried for ever; unless the target is seen to hold current
 * when no statement can be under way any more: then it is discarded, and the secret can rest.
 */
async function nothingUrgent(run: Run, { pending, current }: SecretState): Promise<boolean> {
  const { target, clock } = run.setup
  if (target.overlap !== 'gap' || !pending) return true
  if (!pending.ours || clock.now() < lastLanding(run, pending, false)) return false
  const { credential } = await run.read(current.version)
  if ((await target.accepts(credential, run.targetCall)).refused.length > 0) return false
  const { version } = await run.read({ pending: pending.rotation })
  await discard(run, pending.rotation, version, 'the retry budget is used up, and current works')
  return true
}

/** The failure that is being reported is the news; that it could not be recorded must not replace it. */
async function quietly(body: () => Promise<unknown>): Promise<void> {
  try {
    await body()
  } catch (error) {
    if (!isRotationError(error) && !(error instanceof Error)) throw error
  }
}
