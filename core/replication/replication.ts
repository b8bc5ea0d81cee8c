/**
 * What replication of one secret needs: its members, of which one leads and the others follow. Who leads, the register says; the
 * configuration only says who leads first.
 * @module
 */
import type { RotationError } from '../errors.ts'
import type { Clock, Duration, Instant } from '../ports/clock.ts'
import type { LeaderRegister } from '../ports/leader-register.ts'
import type { NativeReplica } from '../ports/native-replica.ts'
import type { Call, SecretId, SecretStore, VersionId } from '../ports/secret-store.ts'
import type { SecretValue } from '../secret/secret-value.ts'

export interface MemberStore extends SecretStore {
  /** Creates the secret. There is one already: it stays as it is. Absent method: `put` has to do. */
  create?(id: SecretId, value: SecretValue, call: Call): Promise<unknown>
  /** Creates the secret; consumers read it at once. Absent method: it has to exist. */
  put?(id: SecretId, value: SecretValue, call: Call): Promise<unknown>
}

export interface Member {
  readonly name: string
  /** Its name for the secret. */
  readonly id: SecretId
  /** The old credential does not end, and no rotation begins, before it has shown current. */
  readonly required: boolean
  /** Of one visit. */
  readonly timeout: Duration
  /** Parts of the value that it has for itself: consumers there reach the same login at another address. */
  readonly fields: Readonly<Record<string, string | number>>
  /** In its own region. Cannot be made: RotationError. */
  open(): Promise<MemberStore>
  /** The store copies by itself, until this one is made to stand alone. Absent: copies are written. */
  readonly native?: () => Promise<NativeReplica>
}

export interface Replication {
  /** The secret's name in the register. */
  readonly secret: string
  /** The member that this setup acts for. */
  readonly self: string
  readonly members: readonly Member[]
  readonly register: LeaderRegister
  /** Followers whose consumers may be cut off for a moment, where the strategy has a gap: accepted by name. */
  readonly acceptGap: readonly string[]
  /** Told of each follower as soon as it has been visited, for people who wait. */
  readonly heard?: (one: FollowerReport) => void
}

/** What a visit needs of a run. */
export interface Visitor {
  readonly signal: AbortSignal
  readonly deadline: Instant
  readonly setup: { readonly clock: Clock; readonly replication?: Replication }
  call(): Call
}

/**
 * `in-sync`: consumers there are shown what the leader has. `behind`: an older version of ours, or nothing. `ahead`: of a later epoch or
 * version than the leader. `foreign`: somebody else's value. `unknown`: it could not be looked at.
 */
export type Standing = 'in-sync' | 'behind' | 'ahead' | 'foreign' | 'unknown'

export interface FollowerReport {
  readonly follower: string
  readonly required: boolean
  readonly standing: Standing
  readonly version?: VersionId
  readonly epoch?: number
  readonly sequence?: number
  /** Since when it shows this version; never too early. */
  readonly since?: Instant
  /** From the leader's promotion until it was shown here. */
  readonly lag?: Duration
  /** Whether this run has brought it there. */
  readonly written: boolean
  /** What somebody else had put there in the moment of the copy, which was put over it: of stores that report it. */
  readonly overwrote?: readonly VersionId[]
  readonly error?: RotationError
}

export const followersOf = ({ members, self }: Replication): readonly Member[] =>
  members.filter(({ name }) => name !== self)

export const memberOf = ({ members }: Replication, name: string): Member | undefined =>
  members.find(member => member.name === name)
