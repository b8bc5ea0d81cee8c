/**
 * Work that stops by itself before the platform stops the process.
 * @module
 */
import { isRotationError, RotationError } from '../errors.ts'
import type { Clock, Duration, Instant } from '../ports/clock.ts'

/** What remains when all work has stopped: to write the log, and to answer. */
const MARGIN: Duration = 1_000
/** After the deadline, so that what did not answer in time says so itself; this is for whatever does not look at its deadline. */
const AFTER_DEADLINE: Duration = 100

export interface Bounds {
  readonly signal: AbortSignal
  readonly deadline: Instant
}

/** `limit`: how long the platform lets this invocation last, from now. */
export async function within<T>(limit: Duration, clock: Clock, work: (bounds: Bounds) => Promise<T>): Promise<T> {
  const late = new AbortController()
  const left = Math.max(0, limit - MARGIN)
  const timer = setTimeout(() => late.abort(), left + AFTER_DEADLINE)
  try {
    return await work({ signal: late.signal, deadline: clock.now() + left })
  } catch (error) {
    // nobody else interrupts
    if (!isRotationError(error, 'aborted')) throw error
    const message = 'The time of this invocation ended; it stopped where it can go on.'
    throw new RotationError('no-time', message, { step: error.step, secret: error.secret, at: error.at })
  } finally {
    clearTimeout(timer)
  }
}
