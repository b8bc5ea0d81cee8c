/**
 * Who leads each replicated secret, kept where the loss of the leader does not reach. The only thing that fail-overs and leaders agree
 * on, so it needs a compare-and-set. `registerConformance` in `core/testing` holds one case for each sentence.
 *
 * Everywhere: denial is `access-denied`; denied and unreachable are never absence. `unknown`: no answer; read again, it is safe.
 * @module
 */
import type { Instant } from './clock.ts'
import type { Call } from './secret-store.ts'

export interface LeaderRecord {
  /** Grows at every fail-over, from 1. */
  readonly epoch: number
  /** The member whose store decides. */
  readonly leader: string
  /** When the epoch began; never too early. */
  readonly since: Instant
  /** Grows with every version that the leader gives to its followers, from 0. */
  readonly sequence: number
  /** Which versions those were, newest first, a few: what is on record and not the first of them is old. */
  readonly origins: readonly string[]
  /** Members that led before: what they hold of their own time may be replaced. */
  readonly former: readonly string[]
  /** When native replicas first showed a sequence; they keep no record of their own. */
  readonly shown: Readonly<Record<string, { readonly sequence: number; readonly at: Instant }>>
}

export interface LeaderRegister {
  /** As of now, not of a moment ago. Absent: undefined. */
  read(secret: string, call: Call): Promise<LeaderRecord | undefined>
  /**
   * Replaces `was` by `next`, or nothing. Answers what stands afterwards: `next`, or what somebody else was first with.
   * Repeat: the same answer. Absent record: `secret-not-found`.
   */
  swap(secret: string, was: LeaderRecord, next: LeaderRecord, call: Call): Promise<LeaderRecord>
  /** Where there is none yet. Repeat, or there is one: that one. */
  create(secret: string, first: LeaderRecord, call: Call): Promise<LeaderRecord>
}
