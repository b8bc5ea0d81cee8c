/**
 * Runs that end without a change: what was planned as nothing or as a wait, and steps that cannot go on yet. Waiting holds
 * nothing: the state is in the store, and a later run goes on.
 * @module
 */
import { RotationError } from '../errors.ts'
import type { Instant } from '../ports/clock.ts'
import type { Plan } from './plan.ts'
import type { RotationResult, WaitReason } from './setup.ts'

/** Thrown by a step, caught by the loop; never leaves the engine. */
export class Waiting {
  readonly result: Extract<RotationResult, { outcome: 'waiting' }>

  constructor(reason: WaitReason, why: string, until?: Instant) {
    this.result = { outcome: 'waiting', for: reason, why, ...(until !== undefined && { until }) }
  }
}

/** The result of a plan that has no step. Refused: thrown, with the reason. */
export function answerTo(plan: Plan): RotationResult {
  switch (plan.do) {
    case 'wait':
      return new Waiting(plan.for, plan.why, plan.until).result
    case 'nothing':
      return { outcome: plan.outcome, why: plan.why, ...(plan.until !== undefined && { until: plan.until }) }
    case 'refuse':
      throw new RotationError(plan.code, plan.why)
    default:
      throw new RotationError('internal', 'A plan with steps was taken for one without.')
  }
}
