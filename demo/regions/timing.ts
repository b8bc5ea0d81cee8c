/**
 * The demo's seconds instead of a production's hours; the order of their sizes is the same.
 * @module
 */
import type { RotationSetup } from '../../core/rotation/setup.ts'
import { ONE_WAY_MS } from './link.ts'

export const LATENCY_MS = 2 * ONE_WAY_MS

/** A new connection takes a client four or five round trips to the database. */
export const timing = { refresh: 500, connectRetry: 1_000, grace: 2_000, followerTimeout: 2_500 } as const

/** What the configuration cannot say: it refuses a run life below a minute, and rotations keep a run life apart. */
const RUN_LIFE = 6_000

/** A person at a terminal would have half a minute of patience with a region that is lost. */
export function quickened(setup: RotationSetup): RotationSetup {
  const { replication, policy } = setup
  return {
    ...setup,
    policy: { ...policy, runLife: RUN_LIFE, cutover: RUN_LIFE / 2 },
    ...(replication && {
      replication: {
        ...replication,
        members: replication.members.map(member => ({ ...member, timeout: timing.followerTimeout })),
      },
    }),
  }
}
