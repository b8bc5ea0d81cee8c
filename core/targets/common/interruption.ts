/**
 * A connection that ends with the caller's signal and deadline, and knows which of them it was.
 * @module
 */
import { RotationError } from '../../errors.ts'
import type { Duration, Instant } from '../../ports/clock.ts'
import type { TargetCall } from '../../ports/rotation-target.ts'

export interface Interruption {
  /** The connection is closed in an orderly way: nothing interrupts it any more. */
  release(): void
  /** Why it was cut; undefined if it was not us. */
  reason(at: string): RotationError | undefined
}

/** What is left for a login. Interrupted: `aborted`. Nothing left: `no-time`. */
export function requireOpen({ signal, deadline }: TargetCall, now: Instant, at: string): Duration {
  const remaining = deadline - now
  if (signal.aborted) throw new RotationError('aborted', 'The run was interrupted.', { at })
  if (remaining <= 0) throw new RotationError('no-time', 'No time is left for a login.', { at })
  return remaining
}

/** Cuts (`destroy`) when the caller gives up or the time is over. */
export function interruptible(destroy: () => void, signal: AbortSignal, remaining: Duration): Interruption {
  let interrupted: 'aborted' | 'late' | undefined
  const stop = (why: 'aborted' | 'late') => {
    interrupted ??= why
    destroy()
  }
  const onAbort = () => stop('aborted')
  signal.addEventListener('abort', onAbort)
  const timer = setTimeout(() => stop('late'), Math.min(remaining, 2 ** 31 - 1))
  return {
    release(): void {
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
    },
    reason(at: string): RotationError | undefined {
      if (interrupted === 'aborted') return new RotationError('aborted', 'The run was interrupted.', { at })
      if (interrupted === undefined) return undefined
      return new RotationError('target-unreachable', 'The server did not answer before the time of this step ended.', {
        at,
      })
    },
  }
}
