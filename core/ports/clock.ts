/**
 * Time, so that the core has no wall clock of its own.
 * @module
 */

/** Milliseconds since 1970-01-01T00:00:00Z. */
export type Instant = number
/** Milliseconds. */
export type Duration = number

export interface Clock {
  now(): Instant
  /** Resolves after `ms`; rejects with an `AbortError` as soon as `signal` aborts. */
  sleep(ms: Duration, signal: AbortSignal): Promise<void>
}
