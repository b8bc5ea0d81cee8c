/**
 * What the torture asks of the engine. The worker and the rerun after its death go through the same few lines.
 * @module
 */
import type { Workspace } from '../../cli/compose.ts'
import { systemClock } from '../../core/ports/clock.ts'
import type { VersionId } from '../../core/ports/secret-store.ts'
import { retire, revokeNow } from '../../core/rotation/retire.ts'
import { rollback, rotate } from '../../core/rotation/rotate.ts'
import type { RotationRequest, RotationResult, RotationSetup } from '../../core/rotation/setup.ts'

export const DAY = 86_400_000
export const timing = { grace: DAY, refresh: 300_000 }
const interval = 30 * DAY

/** Who asks for a rotation: the schedule, a person, an event that names the version to be replaced. */
export type Operation = 'scheduled' | 'forced' | 'event' | 'rollback' | 'retire' | 'revoke-now'

export interface Ask {
  readonly operation: Operation
  /** Current when it was asked. */
  readonly version: VersionId
}

/** Time goes on as it does, from an offset that is put forward where one would have to wait for days. */
export class SkippingClock {
  offset = 0
  now = (): number => Date.now() + this.offset
  sleep = systemClock.sleep
}

export async function tortureSetup(workspace: Workspace, secret: string): Promise<RotationSetup> {
  const setup = await workspace.setup(secret)
  return { ...setup, policy: { ...setup.policy, interval } }
}

/** The reason is what tells one emergency from the next. */
export const reasonOf = (version: VersionId): string => `torture of ${version}`

const never = new AbortController().signal
const actor = { user_id: 'torture', user_agent: 'lockstep/torture' }

export async function perform(setup: RotationSetup, { operation, version }: Ask): Promise<readonly RotationResult[]> {
  const request: RotationRequest = { type: 'manual', actor, deadline: setup.clock.now() + 60_000 }
  switch (operation) {
    case 'scheduled':
      return [await rotate(setup, { ...request, type: 'scheduled' }, never)]
    case 'forced':
      return [await rotate(setup, { ...request, force: true }, never)]
    case 'event':
      return [await rotate(setup, { ...request, type: 'event', version }, never)]
    case 'rollback':
      return [await rollback(setup, request, never)]
    case 'retire':
      return [await retire(setup, request, never)]
    case 'revoke-now':
      return revokeNow(setup, { ...request, reason: reasonOf(version) }, never)
  }
}
