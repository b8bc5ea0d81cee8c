/**
 * Durations as people write them: `90s`, `15m`, `1h30m`, `30d`, `500ms`. A day is 24 hours.
 * @module
 */
import type { Duration } from '../ports/clock.ts'

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
] as const

/** Each unit at most once, the largest first, no signs, spaces or fractions. `0s` is a duration, a bare `0` is not. */
export const DURATION = /^(?=\d)(\d{1,9}d)?(\d{1,9}h)?(\d{1,9}m)?(\d{1,9}s)?(\d{1,9}ms)?$/

/** Not a duration: undefined. */
export function parseDuration(text: string): Duration | undefined {
  const parts = DURATION.exec(text)?.slice(1)
  return parts?.reduce((sum, part, unit) => sum + Number.parseInt(part ?? '0', 10) * UNITS[unit]![1], 0)
}

/** The shortest exact text, which `parseDuration` reads back: `1h30m`. Fractions of a millisecond are cut off. */
export function formatDuration(duration: Duration): string {
  let rest = Math.trunc(Math.abs(duration))
  if (rest === 0) return '0s'
  let text = duration < 0 ? '-' : ''
  for (const [unit, size] of UNITS) {
    const count = Math.floor(rest / size)
    if (count > 0) text += `${count}${unit}`
    rest -= count * size
  }
  return text
}

/** For people: the two largest units, `3d4h` instead of `3d4h12m7s31ms`. */
export function roughDuration(duration: Duration): string {
  const size = UNITS.find(([, unit]) => unit <= Math.abs(duration))?.[1] ?? 1
  const finer = UNITS.find(([, unit]) => unit < size)?.[1] ?? 1
  return formatDuration(Math.trunc(duration / finer) * finer)
}
