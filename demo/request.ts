/**
 * What a person at a terminal asks the engine for, and the patience to ask again when it says until when it waits.
 * @module
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { retire } from '../core/rotation/retire.ts'
import { rotate } from '../core/rotation/rotate.ts'
import type { RotationRequest, RotationResult, RotationSetup } from '../core/rotation/setup.ts'

const actor = { user_id: 'demo', user_agent: 'lockstep/demo' }

export const byHand = (more: Partial<RotationRequest> = {}): RotationRequest => ({
  type: 'manual',
  actor,
  deadline: Date.now() + 30_000,
  force: true,
  ...more,
})

/** Asks, and while the answer is `waiting` until some time, asks again then. */
async function patiently(ask: () => Promise<RotationResult>): Promise<RotationResult> {
  for (;;) {
    const result = await ask()
    if (result.outcome !== 'waiting' || result.until === undefined) return result
    await sleep(Math.max(1, result.until - Date.now()))
  }
}

const never = new AbortController().signal

export const retireWhenAllowed = (setup: RotationSetup): Promise<RotationResult> =>
  patiently(() => retire(setup, byHand(), never))

/** Ends the previous credential first, as the schedule would have: no rotation begins while it is alive. */
export async function rotateWhenAllowed(setup: RotationSetup): Promise<RotationResult> {
  if (setup.target.overlap === 'both-valid') await retireWhenAllowed(setup)
  return patiently(() => rotate(setup, byHand(), never))
}
