/**
 * One line of a listing: hints, without a call of their own.
 * @module
 */
import { parseLedger } from '../core/ledger/record.ts'
import type { SecretSummary } from '../core/ports/secret-store.ts'
import type { Secret } from './requests.ts'
import { ANNOTATION } from './visit.ts'

export function summaryOf({ name, annotations, createdAt }: Secret): SecretSummary {
  const id = name.slice(name.lastIndexOf('/') + 1)
  const text = annotations[ANNOTATION]
  if (text === undefined) return { id, inFlight: false, changedAt: createdAt, since: createdAt, previous: false }
  try {
    const { pending, retiring, promotedAt, halted, left, previous } = parseLedger(text, id)
    return {
      id,
      inFlight: pending !== undefined || retiring !== undefined,
      changedAt: promotedAt ?? createdAt,
      // What a person has put since is newer: the schedule counts from the rotation.
      since: left?.since ?? createdAt,
      previous: previous !== undefined,
      ...(promotedAt !== undefined && { promotedAt }),
      ...(halted !== undefined && { halted }),
    }
  } catch {
    return { id, inFlight: 'unknown', changedAt: createdAt }
  }
}
