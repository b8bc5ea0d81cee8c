/**
 * One secret that a trigger names. What the trigger says is a reason to look; what is done is planned from the store.
 * @module
 */
import type { Fleet } from '../fleet/fleet.ts'
import { lookAt, type Outcome, recordEnding, workOn } from '../fleet/work.ts'
import type { Instant } from '../ports/clock.ts'
import type { SecretState } from '../ports/secret-store.ts'
import type { RotationRequest } from '../rotation/setup.ts'

/**
 * Ends the previous credential if its time has come, then rotates if that is due. `since`: a schedule other than ours asked for a
 * rotation then, so one is due unless current is younger. A request whose `token` has brought current is done.
 * Where another member leads, this one stands by. Throws RotationError.
 */
export async function rotateAsked(
  fleet: Fleet,
  name: string,
  request: RotationRequest,
  signal: AbortSignal,
  since?: Instant,
): Promise<Outcome> {
  const sight = await lookAt(fleet, name, request, signal)
  if (sight === 'standing-by') return sight
  const { state } = sight.looked
  const delivered = state && request.token !== undefined && state.request === request.token
  const due = state && since !== undefined ? asOf(state, since) : {}
  if (delivered || due === 'younger') {
    await recordEnding(fleet, sight, signal)
    return 'already-rotated'
  }
  if (state?.previous) await workOn(fleet, name, 'retire', request, signal)
  return workOn(fleet, name, 'rotate', { ...request, ...due }, signal)
}

/** What was begun is finished in any case. */
function asOf({ current, promotedAt, pending }: SecretState, since: Instant) {
  if (pending) return {}
  if (Math.max(current.since, promotedAt ?? 0) >= since) return 'younger'
  return { version: current.version }
}
