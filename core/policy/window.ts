/**
 * Maintenance windows: when a scheduled rotation may begin. Pure: the time is always an argument.
 * @module
 */
import { Cron } from 'croner'
import type { Duration, Instant } from '../ports/clock.ts'

export interface MaintenanceWindow {
  /** When it opens: minute, hour, day, month, weekday. */
  readonly cron: string
  readonly duration: Duration
  /** An IANA name. */
  readonly timezone: string
}

/** The first opening after `after`, or undefined if there is none (30 February). */
function openingAfter({ cron, timezone }: MaintenanceWindow, after: Instant): Instant | undefined {
  // croner counts in whole seconds; rounding up would skip an opening, rounding down finds none that is too early.
  const reference = new Date(Math.floor(after / 1000) * 1000)
  return new Cron(cron, { timezone, mode: '5-part', paused: true }).nextRun(reference)?.getTime()
}

/** Open from the opening, included, until its duration has passed, excluded. */
export function isOpen(window: MaintenanceWindow, now: Instant): boolean {
  const opening = openingAfter(window, now - window.duration)
  return opening !== undefined && opening <= now
}

/** The next opening after `now`, also while the window is open. */
export const nextOpening = (window: MaintenanceWindow, now: Instant): Instant | undefined => openingAfter(window, now)

/** croner takes dates and nicknames too, and `?` means "now" to it, which is no reference of ours. */
const FIVE_FIELDS = /^[\dA-Za-z*,/#-]+( +[\dA-Za-z*,/#-]+){4}$/

function cronProblem(window: MaintenanceWindow): string | undefined {
  const refused = 'is no cron expression of five fields: minute, hour, day, month, weekday'
  if (!FIVE_FIELDS.test(window.cron)) return refused
  try {
    return nextOpening(window, 0) === undefined ? 'never opens' : undefined
  } catch {
    return refused
  }
}

/** Why a window cannot be used; undefined if it can. */
export function windowProblem(window: MaintenanceWindow): { key: 'cron' | 'timezone'; says: string } | undefined {
  try {
    new Intl.DateTimeFormat('en', { timeZone: window.timezone })
  } catch {
    return { key: 'timezone', says: 'is no time zone; write an IANA name such as Europe/Berlin, or UTC' }
  }
  const says = cronProblem(window)
  return says === undefined ? undefined : { key: 'cron', says }
}
