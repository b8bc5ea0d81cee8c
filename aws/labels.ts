/**
 * The staging labels that Lockstep keeps beside AWS's three. A secret may hold 20 labels in all, so names come back into use:
 * a few for what was put, one for what was ended, and short-lived ones that are taken off with the next promotion.
 * @module
 */
import { createHash } from 'node:crypto'
import type { VersionId } from '../core/ports/secret-store.ts'

export const CURRENT = 'AWSCURRENT'
export const PENDING = 'AWSPENDING'
export const PREVIOUS = 'AWSPREVIOUS'

/**
 * Put with each version of ours, in the same call: whatever takes AWSPENDING away, the version is not left without a label,
 * and so not deleted. Two of them in turn, because a put takes its labels from whoever holds them, and current keeps its own; the
 * others are for rotations that were cancelled or overtaken by an edit after `set`: their version may be all that works.
 */
export const OWN = ['LOCKSTEP_1', 'LOCKSTEP_2', 'LOCKSTEP_3', 'LOCKSTEP_4'] as const

/** On the previous version once its credential was ended. */
export const RETIRED = 'LOCKSTEP_RETIRED'

const RETIRING_PREFIX = 'LOCKSTEP_RETIRING_'
/** Names the run that claimed a retirement. */
export const retiringLabel = (holder: string): string => `${RETIRING_PREFIX}${holder}`
export const isRetiringLabel = (label: string): boolean => label.startsWith(RETIRING_PREFIX)

/** Who the turns below are about: version ids are too long to stand in a label twice. */
const keyOf = (version: VersionId): string => createHash('sha256').update(version).digest('hex').slice(0, 16)

/**
 * Turn `n` of a pending version: on that version, a run has begun to set it; on any other, it was discarded. A label can be
 * attached only where it is or where nobody has it, so whoever comes first decides the turn, and the other is refused.
 */
export const turnLabel = (version: VersionId, n: number): string => `LOCKSTEP_TURN_${keyOf(version)}_${n}`

export interface Turn {
  readonly key: string
  readonly n: number
}

export function turnOf(label: string): Turn | undefined {
  const [, key, n] = /^LOCKSTEP_TURN_([0-9a-f]{16})_(\d{1,4})$/.exec(label) ?? []
  return key === undefined ? undefined : { key, n: Number(n) }
}

export const isTurnOf = (turn: Turn | undefined, version: VersionId): turn is Turn => turn?.key === keyOf(version)

export const isOwnLabel = (label: string): boolean => (OWN as readonly string[]).includes(label)
