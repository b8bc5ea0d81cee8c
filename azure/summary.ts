/**
 * One line of a listing, kept as metadata of the journal, so that a listing of thousands of secrets opens none of them.
 * @module
 */
import type { Ledger } from '../core/ledger/record.ts'
import type { SecretSummary } from '../core/ports/secret-store.ts'

/** Metadata travels in headers: ASCII only. */
export const writeSummary = (name: string, { pending, retiring, promotedAt, halted, left, previous }: Ledger): string =>
  encodeURIComponent(
    JSON.stringify({
      name,
      inFlight: pending !== undefined || retiring !== undefined,
      promotedAt,
      since: left?.since,
      previous: previous !== undefined,
      // A reason is a sentence; headers are not for essays.
      ...(halted !== undefined && { halted: halted.slice(0, 300) }),
    }),
  )

/** Somebody else's or none: nothing is known of it. */
export function readSummary(
  id: string,
  metadata: Readonly<Record<string, string>> | undefined,
  changedAt: number,
): SecretSummary {
  try {
    const { name, inFlight, promotedAt, halted, since, previous } = JSON.parse(
      decodeURIComponent(metadata!.summary!),
    ) as Record<string, unknown>
    if (typeof inFlight !== 'boolean') throw new TypeError()
    return {
      id: String(name).toLowerCase() === id ? String(name) : id,
      inFlight,
      changedAt,
      ...(typeof promotedAt === 'number' && { promotedAt }),
      ...(typeof halted === 'string' && { halted }),
      ...(typeof since === 'number' && { since }),
      ...(typeof previous === 'boolean' && { previous }),
    }
  } catch {
    return { id, inFlight: 'unknown', changedAt }
  }
}
