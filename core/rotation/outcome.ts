/**
 * A step that cannot go on yet. Waiting holds nothing: the state is in the store, and a later run goes on.
 * @module
 */
import type { Instant } from '../ports/clock.ts'
import type { RotationResult, WaitReason } from './setup.ts'

/** Thrown by a step, caught by the loop; never leaves the engine. */
export class Waiting {
  readonly result: Extract<RotationResult, { outcome: 'waiting' }>

  constructor(reason: WaitReason, why: string, until?: Instant) {
    this.result = { outcome: 'waiting', for: reason, why, ...(until !== undefined && { until }) }
  }
}
