/**
 * What is thrown to Lambda, which posts and logs message, stack and properties: our own words, and nothing of values.
 * @module
 */
import { type ErrorCode, type RotationError, sanitise } from '../core/errors.ts'
import type { Duration } from '../core/ports/clock.ts'
import type { Fields } from './log.ts'

/** `errorType` is `LockstepError`; the message begins with the code, whose meaning is in docs/failures.md. */
export class LockstepError extends Error {
  override readonly name = 'LockstepError'
  readonly code: ErrorCode

  constructor(message: string, code: ErrorCode) {
    super(message)
    this.code = code
    // frames of our own file only would follow, which help nobody
    this.stack = `LockstepError: ${message}`
  }
}

/** Shorter, and a slow login or a throttled call leaves no time for what must come after it. */
export const ENOUGH: Duration = 30_000

const moreTime = (had: Duration): string =>
  `Give the function a time-out of ${ENOUGH / 1000} s or more; this invocation had ${Math.max(0, Math.round(had / 1000))} s.`

/** `had`: milliseconds that the invocation had from its start. */
export function lambdaFailure(
  thrown: unknown,
  had: Duration,
): { error: LockstepError; cause: RotationError; next: string } {
  const cause = sanitise(thrown)
  const short = had < ENOUGH && (cause.code === 'no-time' || cause.retry === 'yes')
  const next = cause.code === 'no-time' ? moreTime(had) : short ? `${cause.next} ${moreTime(had)}` : cause.next
  const at = cause.at === undefined ? '' : ` (${cause.at})`
  const step = cause.step === undefined ? '' : ` in ${cause.step}`
  return {
    error: new LockstepError(`${cause.code}${step}${at}: ${cause.message} Next: ${next}`, cause.code),
    cause,
    next,
  }
}

/** The same for a log line. */
export const failureFields = ({ code, retry, step, at, foreign }: RotationError, next: string): Fields => ({
  code,
  retry,
  ...(step && { step }),
  ...(at && { at }),
  ...(foreign && { foreign }),
  next,
})
