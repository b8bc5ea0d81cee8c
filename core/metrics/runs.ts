/**
 * What the audit trail of one secret says of its runs. A rotation that several runs recorded counts once.
 * @module
 */
import type { AuditEvent } from '../audit/event.ts'
import type { Instant } from '../ports/clock.ts'
import { type Status, statuses } from './catalogue.ts'

export interface Runs {
  readonly counts: Readonly<Record<Status, number>>
  /** Seconds of each run that promoted. */
  readonly durations: readonly number[]
  readonly lastRotation: Instant | undefined
  /** Whether the last that is known of the old credential is that somebody still holds it. */
  readonly held: boolean
  /** The oldest event: since when is counted. */
  readonly since: Instant | undefined
}

/** Of events in the order of time. */
export function runsOf(events: readonly AuditEvent[]): Runs {
  const promoted = onceEach(events.filter(isPromotion))
  const failed = events.filter(({ event_type: type }) => type === 'rotation_failed' || type === 'access_denied')
  const refused = failed.filter(({ result }) => result === 'refused').length
  const counts = { success: promoted.length, failed: failed.length - refused, refused }
  return {
    counts: Object.fromEntries(statuses.map(status => [status, counts[status]])) as Runs['counts'],
    durations: promoted.filter(({ result }) => result === 'success').map(({ duration_ms: took }) => took / 1000),
    lastRotation: timeOf(promoted.at(-1)),
    held: events.reduce(heldAfter, false),
    since: timeOf(events[0]),
  }
}

const isPromotion = ({ event_type: type, result }: AuditEvent): boolean =>
  (type === 'secret_rotated' || type === 'rollback') && (result === 'success' || result === 'already')

/** Of two records of one rotation, the one of the run that did it. */
function onceEach(events: readonly AuditEvent[]): readonly AuditEvent[] {
  const known = new Map<unknown, AuditEvent>()
  for (const event of events) {
    const rotation = event.metadata.rotation_id ?? event
    if (known.get(rotation)?.result !== 'success') known.set(rotation, event)
  }
  return [...known.values()]
}

const holders: readonly unknown[] = ['followers', 'sessions', 'consumers']

function heldAfter(before: boolean, event: AuditEvent): boolean {
  if (event.event_type === 'secret_revoked' || isPromotion(event)) return false
  return before || (event.event_type === 'rotation_waiting' && holders.includes(event.metadata.waiting_for))
}

const timeOf = (event: AuditEvent | undefined): Instant | undefined => event && Date.parse(event.timestamp)
