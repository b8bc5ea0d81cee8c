/**
 * finish: promote, compare-and-set from the version that pending was derived from. Repeat: already current, the same answer.
 * @module
 */
import type { EventType } from '../../audit/event.ts'
import { RotationError } from '../../errors.ts'
import type { RotationId, VersionId } from '../../ports/secret-store.ts'
import { confirmLead } from '../../replication/lead.ts'
import { isRollback } from '../ids.ts'
import type { Run } from '../run.ts'
import type { Rotation } from './create.ts'

/** The event that ends a rotation. */
export const endingOf = (id: RotationId): EventType => (isRollback(id) ? 'rollback' : 'secret_rotated')

export async function finish(run: Run, { id, base, pending }: Rotation): Promise<VersionId> {
  await confirmLead(run)
  const { store, id: secret, policy, clock } = run.setup
  const next = policy.interval !== undefined && { next_rotation: new Date(clock.now() + policy.interval).toISOString() }
  const event = run.event(endingOf(id), {
    result: 'success',
    versions: { old: base, new: pending.version },
    details: { rotation_id: id, steps_ms: { ...run.steps }, ...next },
  })
  const { token } = run.request
  const move = { rotation: id, base, ...(token !== undefined && { request: token }) }
  const done = await run.recorded(event, call => store.promote(secret, move, call))
  requireNothingOvertaken(done)
  return done.version
}

/** Where nothing fences a publication, what it has buried is at least said. */
export function requireNothingOvertaken({ overwrote }: { readonly overwrote?: readonly VersionId[] }): void {
  if (!overwrote?.length) return
  throw new RotationError(
    'conflict',
    `Versions of somebody else were overtaken by the promotion: ${overwrote.join(', ')}.`,
  )
}
