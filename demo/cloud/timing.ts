/**
 * The demo's seconds instead of a production's hours; the order of their sizes is the same.
 * @module
 */
import type { Duration } from '../../core/ports/clock.ts'

export interface Timing {
  /** How long consumers may be shown the version before. */
  readonly lag: Duration
  /** The cache of a consumer. */
  readonly refresh: Duration
  readonly connectRetry: Duration
  readonly grace: Duration
  /** What the configuration cannot say: it refuses a run life below a minute, and rotations keep a run life apart. */
  readonly runLife: Duration
}

export const LAG: Duration = 400

export function timingWith(lag: Duration): Timing {
  const [refresh, connectRetry] = [300, 100]
  return { lag, refresh, connectRetry, grace: refresh + connectRetry + lag + 100, runLife: 2_000 }
}
