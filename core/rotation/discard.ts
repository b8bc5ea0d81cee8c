/**
 * Discarding a pending version: only with proof that nobody can need it; the callers hold the proof.
 * @module
 */
import type { RotationId, VersionId } from '../ports/secret-store.ts'
import type { Run } from './run.ts'

export function discard(run: Run, rotation: RotationId, version: VersionId, reason: string): Promise<void> {
  const { store, id } = run.setup
  const details = { rotation_id: rotation, reason }
  const event = run.event('rotation_discarded', { result: 'success', versions: { old: version }, details })
  return run.recorded(event, call => store.discardPending(id, rotation, call))
}
