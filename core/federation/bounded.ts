/**
 * A call that ends with its time, whatever a library waits for.
 * @module
 */
import { RotationError } from '../errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { IdentityCall } from '../ports/web-identity.ts'

const LONGEST_TIMER = 2 ** 31 - 1

/** Aborted: `aborted`. Late: `no-time`. What was asked may go on, and nobody hears of it. */
export async function bounded<T>(
  { signal, deadline }: IdentityCall,
  clock: Pick<Clock, 'now'>,
  ask: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const left = deadline - clock.now()
  if (signal.aborted) throw new RotationError('aborted', 'The run was interrupted.')
  if (left <= 0) throw new RotationError('no-time', 'No time is left to sign in.')
  const both = AbortSignal.any([signal, AbortSignal.timeout(Math.min(left, LONGEST_TIMER))])
  const { promise: ended, reject } = Promise.withResolvers<never>()
  const end = () =>
    reject(
      signal.aborted
        ? new RotationError('aborted', 'The run was interrupted.')
        : new RotationError('no-time', 'The sign-in was not answered in time.'),
    )
  both.addEventListener('abort', end)
  try {
    return await Promise.race([ask(both), ended])
  } finally {
    both.removeEventListener('abort', end)
  }
}
