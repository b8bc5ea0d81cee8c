/**
 * A leader's record as the text that registers keep, and back. What is kept elsewhere is untrusted: every part is checked.
 * @module
 */
import { RotationError } from '../errors.ts'
import type { LeaderRecord } from '../ports/leader-register.ts'

/** Versions that stay on record. */
export const ORIGINS = 8

export const firstRecord = (leader: string): LeaderRecord => ({
  epoch: 1,
  leader,
  since: 0,
  sequence: 0,
  origins: [],
  former: [],
  shown: {},
})

export function recordText({ epoch, leader, since, sequence, origins, former, shown }: LeaderRecord): string {
  const inOrder = Object.fromEntries(Object.entries(shown).sort(([one], [other]) => (one < other ? -1 : 1)))
  return JSON.stringify({ schema: 1, epoch, leader, since, sequence, origins, former, shown: inOrder })
}

export const sameRecord = (one: LeaderRecord, other: LeaderRecord): boolean => recordText(one) === recordText(other)

/** Anything else than what `recordText` writes: `value-unsuitable`. */
export function parseRecord(text: string): LeaderRecord {
  const parsed = parse(text) as Partial<LeaderRecord> & { readonly schema?: unknown }
  const { epoch, leader, since, sequence, origins, former, shown } = parsed ?? {}
  const whole = parsed?.schema === 1 && isCount(epoch) && isCount(since) && isCount(sequence)
  if (!whole || typeof leader !== 'string' || !areTexts(origins) || !areTexts(former) || !isShown(shown))
    throw unreadable()
  return { epoch, leader, since, sequence, origins, former, shown }
}

/** The error of JSON.parse quotes its input. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw unreadable()
  }
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0
const areTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every(each => typeof each === 'string')

function isShown(value: unknown): value is LeaderRecord['shown'] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  return Object.values(value).every(each => isCount(each?.sequence) && isCount(each?.at))
}

const unreadable = (): RotationError =>
  new RotationError('value-unsuitable', 'The record of who leads is not one of Lockstep’s.', {
    next: 'Look at the secret that `epochs:` names; somebody may have written to it.',
  })
