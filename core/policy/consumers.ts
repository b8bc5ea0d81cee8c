/**
 * Who still uses the old credential, and for how long: what the grace must cover.
 * @module
 */
import type { Duration } from '../ports/clock.ts'

export interface Consumer {
  readonly name: string
  /** `lambda`, `kubernetes`, … */
  readonly kind: string
  /** The oldest value that it may hold. */
  readonly refresh: Duration
  /** How long it goes on trying to connect with what it holds. */
  readonly connectRetry: Duration
  /** `latest`, `reference`, or an alias, where that is said. */
  readonly reads?: string
}

/** Delays that come on top for every consumer. */
export interface Delays {
  readonly replicaLag: Duration
  /** Until every reader of the store sees a new version. */
  readonly propagation: Duration
}

export interface ConsumerNeed {
  readonly consumer: Consumer
  readonly needs: Duration
}

const needsOf = (consumers: readonly Consumer[], { replicaLag, propagation }: Delays): ConsumerNeed[] =>
  consumers.map(consumer => ({
    consumer,
    needs: consumer.refresh + consumer.connectRetry + replicaLag + propagation,
  }))

/** The shortest grace that breaks nobody. */
export const requiredGrace = (consumers: readonly Consumer[], delays: Delays): Duration =>
  Math.max(0, ...needsOf(consumers, delays).map(({ needs }) => needs))

/** The consumers that would still hold the old credential when a grace ends, the slowest first. */
export const brokenBy = (grace: Duration, consumers: readonly Consumer[], delays: Delays): readonly ConsumerNeed[] =>
  needsOf(consumers, delays)
    .filter(({ needs }) => needs > grace)
    .sort((a, b) => b.needs - a.needs)

/**
 * An interval must exceed this, or a rotation is due before the one before it is over: its grace, then a consumer that
 * refreshed at the last moment what the store still showed, then one run.
 */
export const intervalFloor = (of: {
  readonly grace: Duration
  readonly consumers: readonly Consumer[]
  readonly propagation: Duration
  readonly runLife: Duration
}): Duration => of.grace + Math.max(0, ...of.consumers.map(({ refresh }) => refresh)) + of.propagation + of.runLife
