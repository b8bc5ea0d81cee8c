/**
 * A refused current is no news if another run has set its value between our look at the store and our login.
 * @module
 */
import { RotationError } from '../errors.ts'
import type { VersionId } from '../ports/secret-store.ts'
import type { Run } from './run.ts'

/** A rotation has begun, or `base` is not current any more: `stale`, to be planned anew. */
export async function requireUnmoved(run: Run, base: VersionId): Promise<void> {
  const now = await run.describe()
  if (now && !now.pending && now.current.version === base) return
  throw new RotationError('stale', 'Another run has begun a rotation since this one looked at the secret.')
}
