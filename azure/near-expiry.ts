/**
 * Whether an event of the vault is a reason to rotate: pure. It may be late, doubled, out of order, for an old or disabled version,
 * or forged; so only what the vault itself shows counts.
 * @module
 */
import type { Duration, Instant } from '../core/ports/clock.ts'
import type { VersionId } from '../core/ports/secret-store.ts'
import type { Newest } from './function-store.ts'

const DAY: Duration = 86_400_000
/** Key Vault sends the event 30 days before the expiry, once or at a time near it. */
export const NEAR: Duration = 31 * DAY

export type Verdict = { readonly rotate: VersionId } | { readonly ignore: string }

/** `version`: as the event has it, in lower case. */
export function verdict(newest: Newest | 'disabled' | undefined, version: string | undefined, now: Instant): Verdict {
  if (newest === undefined) return { ignore: 'The vault has no such secret.' }
  if (newest === 'disabled') return { ignore: 'The newest version is disabled: that waits for a person.' }
  if (version !== undefined && newest.version.toLowerCase() !== version)
    return { ignore: 'The event is about a version that has been replaced.' }
  if (newest.expiresOn === undefined || newest.expiresOn > now + NEAR)
    return { ignore: 'The newest version does not end soon.' }
  return { rotate: newest.version }
}
