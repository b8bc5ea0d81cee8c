/**
 * The end of an invocation, which Lambda otherwise makes by killing the process.
 * @module
 */
import { isRotationError, RotationError } from '../core/errors.ts'
import type { Clock, Duration, Instant } from '../core/ports/clock.ts'

/** What remains when all work has stopped: to write the log, and to post the answer. */
export const MARGIN: Duration = 500

/** After the deadline, so that what did not answer in time says so itself; this is for whatever does not look at its deadline. */
const AFTER_DEADLINE: Duration = 100

/** The work, which stops by itself before Lambda stops the process: `no-time`. */
export async function inTime<T>(
  deadline: Instant,
  clock: Clock,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const late = new AbortController()
  const timer = setTimeout(() => late.abort(), Math.max(0, deadline + AFTER_DEADLINE - clock.now()))
  try {
    return await work(late.signal)
  } catch (error) {
    // nobody else interrupts
    if (!isRotationError(error, 'aborted')) throw error
    const { step, at } = error
    throw new RotationError('no-time', 'The time of this invocation ended; it stopped where it can go on.', {
      step,
      at,
    })
  } finally {
    clearTimeout(timer)
  }
}
