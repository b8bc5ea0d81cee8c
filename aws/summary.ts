/**
 * One line of a listing: hints, up to five minutes old, without a call of their own.
 * @module
 */
import type { SecretSummary } from '../core/ports/secret-store.ts'
import type { Listed } from './requests.ts'
import { meaningOf } from './state.ts'

/** Without a note of ours, the interval counts from the service's last rotation, or else from the making of the secret: too early, if wrong. */
export function summaryOf({ name, stages, tags, changedAt = 0, createdAt, rotatedAt }: Listed): SecretSummary {
  const described = { arn: name, name, stages, tags, changedAt, createdAt: 0, rotationEnabled: false, deleted: false }
  const meaning = meaningOf(described, [name])
  if (!meaning) return { id: name, inFlight: false }
  const { pending, retiring, promotedAt, notes, previous, previousUnlisted } = meaning
  const since = notes.promotedAt ?? rotatedAt ?? createdAt
  return {
    id: name,
    inFlight: pending !== undefined || retiring,
    changedAt,
    previous: previous !== undefined || previousUnlisted,
    ...(since !== undefined && { since }),
    ...(promotedAt !== undefined && { promotedAt }),
    ...(notes.halted !== undefined && { halted: notes.halted }),
  }
}
