/**
 * When a secret is due, and when a scheduled rotation of it may begin.
 * @module
 */
import type { Duration, Instant } from '../ports/clock.ts'
import { isOpen, type MaintenanceWindow, nextOpening } from './window.ts'

export interface Schedule {
  /** Undefined: never by itself. */
  readonly interval: Duration | undefined
  readonly window: MaintenanceWindow | undefined
}

/** The age of current at which it should be replaced. */
export const dueAt = (since: Instant, { interval }: Pick<Schedule, 'interval'>): Instant | undefined =>
  interval === undefined ? undefined : since + interval

/**
 * When the next scheduled rotation may begin, seen from `now`: at once if it is due and the window is open. Undefined: never
 * by itself.
 */
export function nextStart(since: Instant, schedule: Schedule, now: Instant): Instant | undefined {
  const due = dueAt(since, schedule)
  if (due === undefined) return undefined
  const earliest = Math.max(due, now)
  if (schedule.window === undefined || isOpen(schedule.window, earliest)) return earliest
  return nextOpening(schedule.window, earliest)
}
