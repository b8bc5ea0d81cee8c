/**
 * How a copy is marked at a follower: by the name of the rotation that brought it there. So every store that keeps rotations keeps
 * marks, with the same guarantees, and what a follower shows needs no record beside it.
 * @module
 */
import { createHash } from 'node:crypto'
import type { RotationId, SecretId, SecretState } from '../ports/secret-store.ts'
import { type Basis, copyName } from '../rotation/ids.ts'

/** Which of the leader's versions a copy is. Version ids have no order; epoch and sequence have. */
export interface Mark {
  readonly epoch: number
  readonly sequence: number
  /** Eight hexadecimal digits that stand for the leader and its version. */
  readonly origin: string
}

const MARKED = /^lf-([0-9a-f]{4})([0-9a-f]{8})([0-9a-f]{8})-[0-9a-f]{40}$/

/** What a version is called in records and marks: the rotation that made it, or its id where a person did. */
export const originOf = (
  leader: string,
  { rotation, version }: Pick<SecretState['current'], 'rotation' | 'version'>,
): string =>
  createHash('sha256')
    .update(JSON.stringify([leader, rotation ?? version]))
    .digest('hex')
    .slice(0, 8)

export function copyId({ epoch, sequence, origin }: Mark, secret: SecretId, basis: Basis): RotationId {
  const mark = `${epoch.toString(16).padStart(4, '0')}${sequence.toString(16).padStart(8, '0')}${origin}`
  return copyName(mark, secret, basis)
}

/** Not the name of a copy: undefined. */
export function markOf(rotation: RotationId | undefined): Mark | undefined {
  const [, epoch, sequence, origin] = MARKED.exec(rotation ?? '') ?? []
  if (epoch === undefined || sequence === undefined || origin === undefined) return undefined
  return { epoch: Number.parseInt(epoch, 16), sequence: Number.parseInt(sequence, 16), origin }
}

/** Negative: `one` is older. Another origin at the same place: another leader's. */
export const compareMarks = (one: Mark, other: Mark): number => one.epoch - other.epoch || one.sequence - other.sequence

export const sameMark = (one: Mark | undefined, other: Mark): boolean =>
  one !== undefined && compareMarks(one, other) === 0 && one.origin === other.origin
