/**
 * Followers in the result of a run: how each took the new version, and who keeps the old credential alive.
 * @module
 */
import type { FollowerReport } from '../../core/replication/replication.ts'
import type { RotationResult } from '../../core/rotation/setup.ts'
import { membersTable } from './followers.ts'
import type { Style } from './style.ts'

export const followersOf = (result: RotationResult): readonly FollowerReport[] =>
  'followers' in result ? (result.followers ?? []) : []

/** Of the last of them that shows it; a rotation brings one number to all. */
export const sequenceOf = (followers: readonly FollowerReport[]): number =>
  Math.max(0, ...followers.map(({ sequence }) => sequence ?? 0))
const epochOf = (followers: readonly FollowerReport[]): number =>
  Math.max(0, ...followers.map(({ epoch }) => epoch ?? 0))

export function broughtTo(
  result: RotationResult,
  view: { readonly now: number; readonly style: Style },
): string | undefined {
  const followers = followersOf(result)
  if (followers.length === 0) return undefined
  return membersTable(followers, { ...view, epoch: epochOf(followers), sequence: sequenceOf(followers) })
}

/** Who keeps the old credential alive. */
export const holding = (result: RotationResult): readonly string[] =>
  followersOf(result)
    .filter(({ required, standing }) => required && standing !== 'in-sync')
    .map(({ follower }) => follower)
