/**
 * Followers in words: a table of members, a compact mark, and the same as data.
 * @module
 */
import type { FollowerReport } from '../../core/replication/replication.ts'
import type { Loggable } from '../../core/secret/loggable.ts'
import type { Style } from './style.ts'
import { table } from './table.ts'
import { isoOrNull, span } from './time.ts'

/** What followers should show. */
export interface Expected {
  readonly epoch: number
  readonly sequence: number
}

export type Shown = FollowerReport & { readonly equal?: boolean | undefined }

export interface LeaderRow {
  readonly name: string
  readonly version?: string | undefined
  /** Since when it shows current. */
  readonly since?: number | undefined
  readonly note?: string | undefined
  /** Why it cannot be asked. */
  readonly lost?: string | undefined
}

export interface MembersView extends Expected {
  readonly now: number
  readonly style: Style
  /** Absent: followers alone. */
  readonly leader?: LeaderRow
}

const HEAD = ['MEMBER', 'STANDS', 'NUMBER', 'EPOCH', 'AGE', 'LAG', 'VERSION', 'RETIREMENT', 'NOTE'] as const

/** One line per member, the leader first. NUMBER counts the versions that leaders gave out. */
export function membersTable(followers: readonly Shown[], view: MembersView): string {
  const { leader } = view
  const rows = followers.map(one => followerRow(one, view))
  return table(HEAD, leader ? [leaderRow(leader, view), ...rows] : rows, view.style)
}

function leaderRow({ name, version, since, note, lost }: LeaderRow, view: MembersView): string[] {
  const { epoch, sequence, now, style } = view
  const stands = lost === undefined ? style.bold('leads') : style.red('lost?')
  return [name, stands, `${sequence}`, `${epoch}`, ageOf(since, now), '', short(version), '', lost ?? note ?? '']
}

function followerRow(one: Shown, { sequence, now, style }: MembersView): string[] {
  return [
    one.follower,
    standing(one, sequence, style),
    one.sequence === undefined ? '' : `${one.sequence}`,
    one.epoch === undefined ? '' : `${one.epoch}`,
    ageOf(one.since, now),
    one.lag === undefined ? '' : span(one.lag),
    short(one.version),
    one.required ? 'waits for it' : 'does not wait',
    noteOf(one),
  ]
}

const ageOf = (since: number | undefined, now: number): string =>
  since === undefined ? '' : span(Math.max(0, now - since))

const LONGEST = 12
const short = (version = ''): string => (version.length > LONGEST ? `${version.slice(0, LONGEST)}…` : version)

/** How many versions it is behind. Not a copy of ours, or none: undefined. */
export const behindBy = ({ standing, sequence }: Shown, expected: number): number | undefined =>
  standing === 'behind' && sequence !== undefined && sequence < expected ? expected - sequence : undefined

function standing(one: Shown, expected: number, style: Style): string {
  const by = behindBy(one, expected)
  switch (one.standing) {
    case 'in-sync':
      return one.equal === false ? style.red('differs') : style.green('in sync')
    case 'behind':
      return style.yellow(by !== undefined ? `${by} behind` : one.version === undefined ? 'no copy' : 'behind')
    case 'unknown':
      return style.red('not reached')
    default:
      return style.red(one.standing)
  }
}

function noteOf({ standing, version, sequence, equal, error }: Shown): string {
  if (error) return `${error.message} [${error.code}]`
  if (equal === false && standing === 'in-sync') return 'its value is not the leader’s, though its mark says so'
  if (standing === 'foreign') return 'a value that somebody else has put there'
  if (standing === 'ahead') return 'later than its leader: the leader’s store lost a write'
  if (standing === 'behind' && version !== undefined && sequence === undefined) return 'of the time when it led'
  return ''
}

/** `us ✔ ap …2`: for a list of many secrets. */
export function compact(followers: readonly Shown[], { sequence }: Expected, style: Style): string {
  const mark = (one: Shown) => {
    if (one.standing === 'in-sync') return style.green('✔')
    if (one.standing === 'behind') return style.yellow(`…${behindBy(one, sequence) ?? ''} behind`)
    return style.red(`✖ ${one.standing === 'unknown' ? 'not reached' : one.standing}`)
  }
  return followers.map(one => `${one.follower} ${mark(one)}`).join(' ')
}

export function followerData(one: Shown, sequence: number): { readonly [key: string]: Loggable } {
  const { follower, required, standing, version, epoch, since, lag, written, equal, error } = one
  return {
    ...{ follower, required, standing },
    version: version ?? null,
    epoch: epoch ?? null,
    sequence: one.sequence ?? null,
    behind: behindBy(one, sequence) ?? null,
    since: isoOrNull(since),
    lag_ms: lag ?? null,
    written,
    ...(equal !== undefined && { equal }),
    ...(error && { error: { code: error.code, message: error.message, next: error.next } }),
  }
}

/** `us, ap and eu` */
export const listed = (names: readonly string[]): string =>
  names.length < 2 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`

/** What a person waits for: `orders-db: us ✔, ap …` */
export function visiting(name: string, followers: readonly string[], report: (label: string) => void) {
  const done = new Map<string, string>()
  const label = () => `${name}: ${followers.map(one => `${one} ${done.get(one) ?? '…'}`).join(', ')}`
  report(label())
  return ({ follower, standing }: FollowerReport): void => {
    done.set(follower, standing === 'in-sync' ? '✔' : standing)
    report(label())
  }
}
