/**
 * Audit events as a table.
 * @module
 */
import type { AuditEvent } from '../../core/audit/event.ts'
import type { Style } from './style.ts'
import { table } from './table.ts'
import { span } from './time.ts'

const colours = {
  success: 'green',
  already: 'green',
  waiting: 'yellow',
  refused: 'red',
  failure: 'red',
} as const satisfies Record<AuditEvent['result'], keyof Style>

export const historyText = (events: readonly AuditEvent[], style: Style): string =>
  table(
    ['WHEN (UTC)', 'WHAT', 'RESULT', 'WHO', 'TOOK', 'DETAILS'],
    events.map(event => rowOf(event, style)),
    style,
  )

function rowOf(event: AuditEvent, style: Style): string[] {
  const { timestamp, event_type, result, actor, duration_ms } = event
  return [
    timestamp.slice(0, 19).replace('T', ' '),
    event_type.replaceAll('_', ' '),
    style[colours[result]](result),
    actor.user_id,
    duration_ms > 0 ? span(duration_ms) : '',
    detailsOf(event),
  ]
}

function detailsOf({ metadata, secret_version: { old, new: fresh } }: AuditEvent): string {
  const { step, finding, error_code, reason, why, message, rotation_type, follower, standing, from, to } = metadata
  const moved = old && fresh ? `${old} → ${fresh}` : (fresh ?? old)
  const parts = [
    rotation_type === 'manual' ? undefined : rotation_type,
    step,
    finding,
    follower === undefined ? undefined : `${follower} ${standing}`,
    from === undefined || to === undefined ? undefined : `${from} → ${to}`,
    moved,
    error_code,
    message ?? why,
    reason,
  ]
  return parts.filter(part => part !== undefined && part !== '').join(' · ')
}
