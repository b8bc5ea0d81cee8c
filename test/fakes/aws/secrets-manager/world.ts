import type { Faults, Staleness } from './faults.ts'
import type { Kms } from './kms.ts'
import type { SecretState } from './model.ts'
import type { Permissions } from './permissions.ts'
import type { Located, Regions } from './regions.ts'
import type { Rotations } from './rotations.ts'

/** What every operation may use. Nothing in it touches a network or the machine's clock. */
export interface World {
  readonly accountId: string
  /** Milliseconds since 1970. */
  now(): number
  /** From 0 up to, not including, 1. */
  random(): number
  readonly regions: Regions
  readonly rotations: Rotations
  readonly kms: Kms
  readonly permissions: Permissions
  readonly faults: Faults
}

/** One request on its way through an operation. */
export interface Request {
  readonly world: World
  readonly region: string
  readonly accessKeyId: string
  readonly stale: Staleness | undefined
}

/** The state that a read shows: an older one when staleness was asked for, undefined when it did not exist yet. */
export function seenBy(request: Request, found: Located): SecretState | undefined {
  const { stale, world } = request
  if (!stale || found.replicaIn !== undefined) return found.state
  return 'ms' in stale ? found.record.asOf(world.now() - stale.ms) : found.record.writesAgo(stale.writes ?? 1)
}
