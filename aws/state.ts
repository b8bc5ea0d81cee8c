/**
 * What the labels and tags of a secret mean: pure, so that every constellation that a crash can leave is a test.
 * @module
 */
import type { Instant } from '../core/ports/clock.ts'
import type { RotationId, SecretId, VersionId } from '../core/ports/secret-store.ts'
import { derivesFrom, isOwnName } from '../core/rotation/ids.ts'
import { CURRENT, isOwnLabel, isRetiringLabel, isTurnOf, PENDING, PREVIOUS, RETIRED, turnOf } from './labels.ts'
import type { Described } from './requests.ts'
import { type Notes, readNotes } from './tags.ts'

export interface Meaning {
  readonly current: VersionId
  readonly currentIsOurs: boolean
  /** Who holds AWSPENDING, whatever that means. */
  readonly holder?: VersionId
  readonly pending?: {
    readonly version: VersionId
    readonly ours: boolean
    readonly base?: VersionId
    /** How often a run has begun to set it. */
    readonly turns: number
  }
  readonly previous?: VersionId
  /** Previous lost its labels to an edit: only a list of all versions can find it. */
  readonly previousUnlisted: boolean
  readonly retiring: boolean
  /** What the last rotation left as current, if there was one. */
  readonly last?: VersionId
  readonly generation: number
  readonly promotedAt?: Instant
  readonly notes: Notes
}

/** Discards per current version are few: the retry budget ends them. */
const GENERATIONS = 24

type Versions = Described['stages']

export const stagesOf = (versions: Versions, version: VersionId | undefined): readonly string[] =>
  (version && versions.get(version)) ?? []

export const holderOf = (versions: Versions, label: string): VersionId | undefined =>
  [...versions].find(([, labels]) => labels.includes(label))?.[0]

/** The version that a rotation of the engine's was derived from, if it is among the candidates. */
export function baseOf(
  rotation: VersionId,
  candidates: Iterable<VersionId>,
  names: readonly SecretId[],
): VersionId | undefined {
  if (!isOwnName(rotation)) return undefined
  for (const version of candidates)
    for (const secret of names)
      for (let generation = 0; generation < GENERATIONS; generation++)
        if (derivesFrom(rotation as RotationId, secret, { current: { version }, generation })) return version
  return undefined
}

/** Somebody wrote down, on another version, that this one was discarded. */
export const isDiscarded = (versions: Versions, version: VersionId): boolean =>
  [...versions].some(([other, labels]) => other !== version && labels.some(label => isTurnOf(turnOf(label), version)))

const turnsOf = (versions: Versions, version: VersionId): number =>
  Math.max(
    0,
    ...stagesOf(versions, version)
      .map(turnOf)
      .filter(turn => isTurnOf(turn, version))
      .map(({ n }) => n),
  )

/** How many rotations from this version were discarded. */
function generationOf(versions: Versions, current: VersionId): number {
  const turns = stagesOf(versions, current).map(turnOf)
  return new Set(turns.filter(turn => turn && !isTurnOf(turn, current)).map(turn => turn!.key)).size
}

/**
 * Without a current version (nothing was ever put): undefined. `names`: what the secret may be called in rotation ids. `created`:
 * when versions were made, as far as that was read.
 */
export function meaningOf(
  described: Described,
  names: readonly SecretId[],
  created: (version: VersionId) => Instant | undefined = () => undefined,
): Meaning | undefined {
  const { stages: versions } = described
  const current = holderOf(versions, CURRENT)
  if (current === undefined) return undefined
  const isOurs = (version: VersionId) => isOwnName(version) || stagesOf(versions, version).some(isOwnLabel)
  const holder = holderOf(versions, PENDING)
  const base = (version: VersionId) => baseOf(version, versions.keys(), names)
  const claimed = holder !== undefined && stagesOf(versions, holder).some(isRetiringLabel)
  const retired = holderOf(versions, RETIRED)
  const pendingVersion = claimed ? undefined : liveHolder(versions, holder)
  const last = lastOf(versions, { current, isOurs, pending: pendingVersion, base })
  const previous = previousOf(versions, { current, last, base, retired })
  const retiring = holder !== undefined && holder !== retired && isClaim(holder, claimed, previous)
  const live = retiring ? undefined : pendingVersion
  const notes = readNotes(described.tags, current, last)
  const promotedAt = last && (notes.promotedAt ?? promotionOf(last, current, described, created))
  return {
    current,
    currentIsOurs: isOurs(current),
    ...(holder && { holder }),
    ...(live && {
      pending: {
        version: live,
        ours: isOurs(live),
        ...baseOfPending(live, base(live), current),
        turns: turnsOf(versions, live),
      },
    }),
    ...(retiring ? { previous: holder } : previous.version && { previous: previous.version }),
    previousUnlisted: !retiring && previous.unlisted,
    retiring,
    ...(last && { last }),
    generation: generationOf(versions, current),
    ...(promotedAt !== undefined && { promotedAt }),
    notes,
  }
}

/**
 * A run that did not see a promotion in time may have claimed what is previous no longer: that claim is void. Where nothing tells
 * what is previous, the claim does.
 */
const isClaim = (holder: VersionId, claimed: boolean, previous: Previous): boolean =>
  previous.version === undefined ? claimed && previous.unknown : previous.version === holder

/** AWSPENDING means nothing on a version that was promoted, ended or discarded. */
function liveHolder(versions: Versions, holder: VersionId | undefined): VersionId | undefined {
  if (holder === undefined || isDiscarded(versions, holder)) return undefined
  const labels = stagesOf(versions, holder)
  return [CURRENT, PREVIOUS, RETIRED].some(label => labels.includes(label)) ? undefined : holder
}

/**
 * A token of the service says nothing about its base; but Secrets Manager abandons a rotation, and takes AWSPENDING away, when
 * anybody else puts a version: while the label is there, the base is current.
 */
const baseOfPending = (pending: VersionId, proven: VersionId | undefined, current: VersionId) => {
  const base = isOwnName(pending) ? proven : current
  return base === undefined ? {} : { base }
}

/**
 * Without a note of our own: a bound. In what Secrets Manager rotates, its next rotation has moved the date of the last change
 * when it asks for the first step; so the end of its last one counts, or, where that was not recorded, the making of current.
 */
function promotionOf(
  last: VersionId,
  current: VersionId,
  { rotatedAt, changedAt }: Described,
  created: (version: VersionId) => Instant | undefined,
): Instant | undefined {
  if (isOwnName(last)) return changedAt
  const made = last === current ? (created(current) ?? changedAt) : undefined
  return rotatedAt !== undefined && made !== undefined ? Math.max(rotatedAt, made) : (rotatedAt ?? made)
}

interface Seen {
  readonly current: VersionId
  readonly isOurs: (version: VersionId) => boolean
  readonly pending: VersionId | undefined
  readonly base: (version: VersionId) => VersionId | undefined
}

/** What the last rotation left: current itself, or, after an edit, the version of ours that is neither a draft nor discarded. */
function lastOf(versions: Versions, { current, isOurs, pending, base }: Seen): VersionId | undefined {
  if (isOurs(current)) return current
  const left = [...versions.keys()].filter(
    version => version !== pending && isOurs(version) && !isDiscarded(versions, version) && base(version) !== current,
  )
  return left.find(version => stagesOf(versions, version).includes(PREVIOUS)) ?? left[0]
}

interface Previous {
  readonly version?: VersionId
  /** It has no label; only a list of all versions can find it. */
  readonly unlisted: boolean
  /** Nothing that is left tells. */
  readonly unknown: boolean
}

function previousOf(
  versions: Versions,
  {
    current,
    last,
    base,
    retired,
  }: Pick<Seen, 'current' | 'base'> & { readonly last: VersionId | undefined; readonly retired: VersionId | undefined },
): Previous {
  if (last === undefined) return { unlisted: false, unknown: true }
  const proven = base(last)
  const known = { unlisted: false, unknown: false }
  if (proven !== undefined) return proven === retired ? known : { ...known, version: proven }
  if (isOwnName(last)) return { unlisted: true, unknown: false }
  // A token proves nothing: AWSPREVIOUS is what it replaced only as long as nobody has edited current since.
  if (last !== current) return { unlisted: false, unknown: true }
  const before = holderOf(versions, PREVIOUS)
  return before === undefined || before === retired ? known : { ...known, version: before }
}
