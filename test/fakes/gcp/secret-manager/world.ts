import type { Events } from './events.ts'
import type { Faults, Staleness } from './faults.ts'
import type { Keys } from './keys.ts'
import type { SecretState, Version } from './model.ts'
import type { Site } from './names.ts'
import type { Permissions } from './permissions.ts'
import type { Quotas } from './quotas.ts'
import type { SecretRecord } from './record.ts'
import type { Secrets } from './secrets.ts'

/** What every operation may use. Nothing in it touches a network or the machine's clock. */
export interface World {
  readonly project: Site['project']
  /** Milliseconds since 1970. */
  now(): number
  /** A new etag, with the double quotes that are part of it. */
  etag(): string
  readonly secrets: Secrets
  readonly events: Events
  readonly keys: Keys
  readonly quotas: Quotas
  readonly permissions: Permissions
  readonly faults: Faults
}

/** One request on its way through an operation. */
export interface Request {
  readonly world: World
  readonly site: Site
  readonly token: string
  readonly stale: Staleness | undefined
}

/** The state that a read shows: an older one when staleness was asked for, undefined when it did not exist yet. */
export function seenBy({ stale, world }: Request, record: SecretRecord): SecretState | undefined {
  if (!stale) return record.state
  return 'ms' in stale ? record.asOf(world.now() - stale.ms) : record.writesAgo(stale.writes ?? 1)
}

/**
 * "Adding a secret version and then immediately accessing that version by version number is strongly consistent" (docs,
 * "Consistency"): access finds it, in the state in which it was added where the older state does not know it yet.
 */
export function addedVersion(request: Request, record: SecretRecord, number: number): Version | undefined {
  return seenBy(request, record)?.versions.get(number) ?? record.firstSeen(number)
}
