/**
 * Standbys show the end of a rollover when they have applied it.
 * @module
 */
import { RotationError } from '../../errors.ts'
import type { TargetCall } from '../../ports/rotation-target.ts'
import { ownAccount } from './account.ts'
import type { Context } from './options.ts'
import type { Session } from './session.ts'

const POLL = 50
/** What the login that verifies the refusal needs. */
const RESERVE = 500

/** Waits until every reader shows that the rollover has ended. Not in time: `target-busy`. */
export async function ended(context: Context, sessions: readonly Session[], call: TargetCall): Promise<void> {
  for (const reader of sessions.filter(({ endpoint }) => endpoint.role === 'reader'))
    while ((await ownAccount(reader)).inRollover) {
      if (context.now() + POLL + RESERVE >= call.deadline)
        throw new RotationError('target-busy', 'The standby has not yet applied the end of the previous password.', {
          at: reader.endpoint.name,
        })
      await new Promise(resolve => setTimeout(resolve, POLL))
    }
}
