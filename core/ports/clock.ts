/**
 * Time, as a port. This file is the only place in the core that knows the machine's clock.
 * @module
 */
import { setTimeout } from 'node:timers/promises'

/** Milliseconds since 1970-01-01T00:00:00Z. */
export type Instant = number
/** Milliseconds. */
export type Duration = number

export interface Clock {
  now(): Instant
  /** Resolves after `ms`; rejects with an `AbortError` as soon as `signal` aborts. */
  sleep(ms: Duration, signal: AbortSignal): Promise<void>
}

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) => setTimeout(ms, undefined, { signal }),
}
