/** What a run says on record of its followers. */
import type { AuditEvent } from '../../core/audit/event.ts'

export const about = (
  event_type: 'follower_updated' | 'rotation_waiting',
  result: 'success' | 'failure' | 'waiting',
): AuditEvent => ({
  schema: 1,
  timestamp: '2030-01-01T00:00:00Z',
  event_type,
  secret_id: 'alarmed',
  secret_version: {},
  actor: { user_id: 'test', user_agent: 'test' },
  result,
  duration_ms: 1,
  metadata: { rotation_type: 'scheduled', strategy: 'single-user', follower: 'far', waiting_for: 'followers' },
})
