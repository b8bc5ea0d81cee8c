/**
 * Discarding a pending version: only with proof that nobody can need it; the callers hold the proof.
 * @module
 */
import type { Instant } from '../ports/clock.ts'
import type { PendingState, RotationId, VersionId } from '../ports/secret-store.ts'
import type { Run } from './run.ts'

export function discard(run: Run, rotation: RotationId, version: VersionId, reason: string): Promise<void> {
  const { store, id } = run.setup
  const details = { rotation_id: rotation, reason }
  const event = run.event('rotation_discarded', { result: 'success', versions: { old: version }, details })
  return run.recorded(event, call => store.discardPending(id, rotation, call))
}

/**
 * Until when a statement that sets `pending` could still take effect: after a discard nothing would hold its value. Others'
 * end with their runs, a run's life after they were brought or noted; this run's own has ended, unless its answer is missing.
 */
export function lastLanding(run: Run, pending: PendingState, broughtHere: boolean): Instant {
  const { runLife } = run.setup.policy
  const { touched, uncertain, deadline } = run
  const others = touched && pending.setAt === touched.own ? touched.others : pending.setAt
  return Math.max(
    broughtHere ? 0 : pending.since + runLife,
    others === undefined ? 0 : others + runLife,
    uncertain ? deadline : 0,
  )
}
