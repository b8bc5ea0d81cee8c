/**
 * What becomes of a secret of a cloud that rotates nothing by itself: a secret of `lockstep.yml`, or left as it is, with the
 * reason. Pure.
 * @module
 */
import { formatDuration } from '../../core/policy/duration.ts'
import type { Login } from './login.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR

/** How consumers read it: as the key `readBy` of a store of Google Cloud says it, or `reads` of a consumer. */
export interface Reading {
  /** `latest`, an alias, or `reference`. */
  readonly by: string
  readonly previous?: string
  /** Nobody has said so. */
  readonly guessed?: boolean
}

/** As its entry in the list shows it. */
export interface Candidate {
  readonly name: string
  /** Whose it is to rotate, if not ours. */
  readonly foreign?: string
  /** Something asks for its rotation today: without it, only a value that names a login makes it one of ours. */
  readonly scheduled: boolean
  /** How old a value may become. */
  readonly interval?: number
  readonly reading: Reading
  /** What a person should know. */
  readonly notes: readonly string[]
  /** `other`: read, and no login of PostgreSQL. Undefined: not read. */
  readonly login?: Login | 'other' | 'denied' | 'disabled'
}

export interface Becoming {
  readonly candidate: Candidate
  readonly becomes: 'single-user' | 'stays' | 'not shown'
  readonly login?: Login
  readonly missing: readonly string[]
  readonly reason?: string
}

export function becoming(candidate: Candidate): Becoming {
  const { foreign, scheduled, login, reading } = candidate
  const stays = (reason: string): Becoming => ({ candidate, becomes: 'stays', reason, missing: [] })
  if (foreign !== undefined) return stays(foreign)
  if (login === 'denied') return stays('its value may not be read')
  if (login === 'disabled') return stays('its newest version is disabled')
  if (login === 'other')
    return scheduled ? stays('its value is no login of PostgreSQL that is understood') : unseen(candidate)
  if (login === undefined && !scheduled) return unseen(candidate)
  const open = reading.guessed ? ['readBy'] : []
  const { host, database } = login ?? {}
  const missing = [...open, ...(host === undefined ? ['host'] : []), ...(database === undefined ? ['database'] : [])]
  return { candidate, becomes: 'single-user', missing, ...(login && { login }) }
}

const unseen = (candidate: Candidate): Becoming => ({ candidate, becomes: 'not shown', missing: [] })

/**
 * An interval and a grace that fit each other, whatever the schedule was. `late`: how long after a rotation a consumer may still
 * be given the old value.
 */
export function timing(interval: number | undefined, late: number): readonly string[] {
  if (interval === undefined) return []
  const exceeds = (grace: number): boolean => interval > shortest(grace, late)
  if (exceeds(DAY)) return [`interval: ${formatDuration(interval)}`]
  if (exceeds(HOUR)) return [`interval: ${formatDuration(interval)}`, 'grace: 1h']
  const least = formatDuration(shortest(HOUR, late))
  return [`interval: ${least} # every ${formatDuration(interval)} until today; this is the least here`, 'grace: 1h']
}

const shortest = (grace: number, late: number): number => grace + late + HOUR
