/**
 * What one rotation needs: a secret wired to its ports, and the request that asks.
 * @module
 */
import type { Actor, RotationType } from '../audit/event.ts'
import type { Consumer } from '../policy/consumers.ts'
import type { MaintenanceWindow } from '../policy/window.ts'
import type { AuditSink } from '../ports/audit-sink.ts'
import type { Clock, Duration, Instant } from '../ports/clock.ts'
import type { RotationTarget } from '../ports/rotation-target.ts'
import type { RotationId, SecretId, SecretStore, VersionId } from '../ports/secret-store.ts'
import type { FollowerReport, Replication } from '../replication/replication.ts'
import type { ValueShape } from '../secret/credential.ts'
import type { SecretValue } from '../secret/secret-value.ts'
import type { ConsumerHook } from './consumers.ts'

export interface RotationPolicy {
  /** From one promotion to the next. Absent: never due by itself. */
  readonly interval?: Duration
  readonly window?: MaintenanceWindow
  /** How long the old credential stays valid after `finish`. */
  readonly grace: Duration
  readonly consumers: readonly Consumer[]
  /** How long the store may go on showing consumers the version before. Absent: not at all. */
  readonly propagation?: Duration
  /** No run lives longer; what an older one claimed may be taken over. */
  readonly runLife: Duration
  /** What set, test, promote and undo need together, at most; set does not begin with less time left. */
  readonly cutover: Duration
  /** How long `test` waits for endpoints that lag. */
  readonly replicaLag: Duration
  /** How long the target needs between set and test. */
  readonly settle: Duration
  /** Failed runs until the secret is halted. */
  readonly retryBudget: number
  /** What retire does with idle sessions of the ended login. */
  readonly idleSessions: 'keep' | 'end'
  /** A person brings each value. */
  readonly manual: boolean
}

export interface RotationSetup {
  /** The name in the configuration. */
  readonly secret: string
  /** The name in the store. */
  readonly id: SecretId
  readonly store: SecretStore
  readonly target: RotationTarget
  readonly shape: ValueShape
  readonly policy: RotationPolicy
  readonly clock: Clock
  readonly audit: AuditSink
  /** A fresh password by the policy of this secret. */
  readonly generate: () => SecretValue
  /** What consumers need after a promotion. */
  readonly hooks?: readonly ConsumerHook[]
  /** Who else holds copies; `store` is then the one of the member that this setup acts for. Absent: nobody. */
  readonly replication?: Replication
}

export interface RotationRequest {
  readonly type: RotationType
  readonly actor: Actor
  /** The run stops before this instant. */
  readonly deadline: Instant
  readonly reason?: string
  /** Also when not due, outside the window, or halted. Never past a rule that protects consumers. */
  readonly force?: boolean
  /** The version that the trigger wants replaced; if it is not current any more, there is nothing to do. */
  readonly version?: VersionId
  /** The trigger's token, kept with the promotion. */
  readonly token?: string
  /** The password that a person brings. */
  readonly value?: SecretValue
  /** Retire although this still holds it; on record with `reason`. */
  readonly release?: Held | readonly Held[]
}

/** What a person may release a retirement from. */
export const held = ['sessions', 'consumers'] as const
/** A follower by its name, or one of the above. */
export type Held = (typeof held)[number] | `follower:${string}`

export const releases = ({ release = [] }: Pick<RotationRequest, 'release'>, what: Held): boolean =>
  [release].flat().includes(what)

export type WaitReason =
  | 'grace'
  | 'retire'
  | 'spacing'
  | 'window'
  | 'settle'
  | 'person'
  | 'run-life'
  | 'sessions'
  | 'consumers'
  | 'followers'
  | 'rotation'
  | 'key-limit'
  | 'other-run'

export type RotationResult =
  | {
      readonly outcome: 'rotated' | 'rolled-back'
      readonly rotation: RotationId
      readonly old: VersionId
      readonly new: VersionId
      readonly resumed: boolean
      /** How each follower took it; absent without followers. */
      readonly followers?: readonly FollowerReport[]
    }
  | { readonly outcome: 'retired'; readonly old: VersionId; readonly new: VersionId; readonly sessionsEnded?: number }
  | { readonly outcome: 'waiting'; readonly for: WaitReason; readonly until?: Instant; readonly why: string }
  | {
      /** `standing-by`: another member leads, and acts. */
      readonly outcome: 'not-due' | 'already-rotated' | 'nothing-to-retire' | 'standing-by'
      readonly until?: Instant
      readonly why: string
    }
