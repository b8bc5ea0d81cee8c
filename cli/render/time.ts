/**
 * Instants for people (UTC, and how far away) and for programs (RFC 3339).
 * @module
 */
import { roughDuration } from '../../core/policy/duration.ts'
import type { Instant } from '../../core/ports/clock.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

export const iso = (at: Instant): string => new Date(at).toISOString()

/** An instant that may be missing, as JSON holds it. */
export const isoOrNull = (at: Instant | undefined): string | null => (at === undefined ? null : iso(at))

/** `2026-01-31 14:05 UTC` */
export const moment = (at: Instant): string => `${iso(at).slice(0, 16).replace('T', ' ')} UTC`

/** The largest unit that fits, and what it is rounded to. */
const PRECISION = [
  [10 * DAY, DAY],
  [DAY, HOUR],
  [HOUR, MINUTE],
  [SECOND, SECOND],
] as const

/** `3d4h`, `30d`, `12s`: two units at most, rounded, for nobody needs the milliseconds of an age. */
export function span(duration: number): string {
  const step = PRECISION.find(([from]) => Math.abs(duration) >= from)?.[1] ?? 1
  return roughDuration(Math.round(duration / step) * step)
}

/** `in 3d4h`, `3d4h ago`, `now`. */
export function fromNow(at: Instant, now: Instant): string {
  const away = at - now
  if (Math.abs(away) < SECOND) return 'now'
  return away > 0 ? `in ${span(away)}` : `${span(-away)} ago`
}

/** `2026-01-31 14:05 UTC (in 3d4h)` */
export const momentFromNow = (at: Instant, now: Instant): string => `${moment(at)} (${fromNow(at, now)})`
