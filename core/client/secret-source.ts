/**
 * Where the client reads. Reading is all that it needs: a source also serves secrets that Lockstep does not manage.
 * @module
 */
import type { Instant } from '../ports/clock.ts'
import type { SecretValue } from '../secret/secret-value.ts'

export type Which = 'current' | 'previous'

export interface ReadCall {
  readonly signal: AbortSignal
  /** When the signal will abort. */
  readonly deadline: Instant
  /** A cache between us and the store must not answer: a server has just refused what it holds. */
  readonly fresh: boolean
}

export interface SourceVersion {
  readonly value: string | SecretValue
  /** Differs from one value to the next; it may be logged, so nothing can be learnt from it. */
  readonly version: string
  /** When it was made, where the store tells. */
  readonly createdAt?: Instant | undefined
}

/**
 * Repeat: reads again, nothing is cached here. Absent, or `previous` where the source does not know it: undefined. Denied:
 * `access-denied`, never undefined. Whatever else it throws counts as `store-unavailable`, and nothing but its code is kept.
 */
export interface SecretSource {
  read(name: string, which: Which, call: ReadCall): Promise<SourceVersion | undefined>
}
