/**
 * What a consumer needs after a promotion, so that it reads the new version before its cache would have run out: a restart, a
 * new revision, a message. A hook follows a rotation; it never decides about one.
 * @module
 */
import type { Instant } from './clock.ts'
import type { SecretId, VersionId } from './secret-store.ts'

/** What has become current. Names only: no hook is ever handed a value. */
export interface Promotion {
  /** The name in the configuration. */
  readonly secret: string
  /** The name in the store. */
  readonly id: SecretId
  readonly version: VersionId
  readonly consumer: string
}

export interface HookCall {
  readonly signal: AbortSignal
  /** The call ends before this instant, with whatever it knows. */
  readonly deadline: Instant
}

/** `done`: by this call. `already`: before it. `under-way`: begun, and consumers may still hold the version before. */
export type HookAnswer = 'done' | 'already' | 'under-way'

/**
 * Denial is `access-denied` naming the permission. No answer is `target-unreachable`: it may have taken effect, call again. A
 * consumer that is not there, or that nothing can be done for, is `refused`. Nothing but RotationError is thrown.
 */
export interface PromotionHook {
  /** Whether a repetition finds out by itself what is left to do; else it does everything again. */
  readonly asks: boolean
  /** Brings the consumer to this version. Repeat: what is missing, so it converges; where `asks`, nothing is done twice. */
  apply(promotion: Promotion, call: HookCall): Promise<HookAnswer>
}
