/**
 * Endpoints that lag: asked again within the configured lag, at growing distances, never past the run's deadline.
 * @module
 */
import { isRotationError } from '../errors.ts'
import type { Duration } from '../ports/clock.ts'
import type { Acceptance } from '../ports/rotation-target.ts'
import type { Credential } from '../secret/credential.ts'
import type { Run } from './run.ts'

const FIRST_PAUSE: Duration = 50
const LONGEST_PAUSE: Duration = 2_000

/** The target's test; a refusal counts only when it lasts. */
export function testWithinLag(run: Run, credential: Credential): Promise<void> {
  const { target } = run.setup
  return patiently(run, async last => {
    try {
      await target.test(credential, run.targetCall)
      return { done: undefined }
    } catch (error) {
      if (last || !isRotationError(error, 'auth-failed')) throw error
      return undefined
    }
  })
}

/** Who accepts a credential in the end: every endpoint, or those that have shown it when the lag is over. */
export function acceptedWithinLag(run: Run, credential: Credential): Promise<Acceptance> {
  const { target } = run.setup
  return patiently(run, async last => {
    const held = await target.accepts(credential, run.targetCall)
    // Refused everywhere is no lag: the writer shows a change at once.
    return last || held.refused.length === 0 || held.accepted.length === 0 ? { done: held } : undefined
  })
}

async function patiently<T>(run: Run, attempt: (last: boolean) => Promise<{ done: T } | undefined>): Promise<T> {
  const { clock, policy } = run.setup
  const patience = Math.min(clock.now() + policy.replicaLag, run.deadline)
  for (let pause = FIRST_PAUSE; ; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
    const answer = await attempt(clock.now() + pause > patience)
    if (answer) return answer.done
    await clock.sleep(pause, run.signal)
  }
}
