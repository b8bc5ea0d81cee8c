/**
 * What required followers hold up: no rotation begins and no credential ends before each has shown current, and the grace of a
 * region's consumers counts from when theirs has.
 * @module
 */
import { RotationError } from '../errors.ts'
import type { SecretState } from '../ports/secret-store.ts'
import type { PlanInput } from '../rotation/plan.ts'
import type { Run } from '../rotation/run.ts'
import { catchUp } from './catch-up.ts'
import { type FollowerReport, followersOf } from './replication.ts'

export type Held = NonNullable<PlanInput['followers']>

/** Brings followers up to date on the way. Without followers: undefined. */
export async function heldByFollowers(run: Run, state: SecretState): Promise<Held | undefined> {
  return run.setup.replication && summary(await catchUp(run, state))
}

export function summary(reports: readonly FollowerReport[]): Held {
  const required = reports.filter(each => each.required)
  const [shown, behind] = [
    required.filter(({ standing }) => standing === 'in-sync'),
    required.filter(({ standing }) => standing !== 'in-sync'),
  ]
  return {
    behind: behind.map(({ follower }) => follower),
    shownAt: Math.max(0, ...shown.map(({ since }) => since ?? 0)),
  }
}

/** Where the strategy has a gap, consumers of each follower are cut off until their copy arrives: only where that was accepted. */
export function requireAcceptedGap({ target, replication }: Run['setup']): void {
  if (!replication || target.overlap !== 'gap') return
  const { acceptGap } = replication
  const open = followersOf(replication).filter(({ name }) => !acceptGap.includes(name))
  if (open.length === 0) return
  throw new RotationError(
    'refused',
    `Consumers of ${open.map(({ name }) => name).join(', ')} would be cut off until their copy arrives.`,
    {
      next: 'Use alternating-users, or accept the gap: list these followers under `acceptGap:`.',
    },
  )
}
