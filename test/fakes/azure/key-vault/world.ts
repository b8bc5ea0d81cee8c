import type { Faults, Staleness } from '../common/faults.ts'
import type { Permissions } from '../common/permissions.ts'
import type { Tokens } from '../common/tokens.ts'
import type { Events } from './events.ts'
import type { SecretState } from './model.ts'
import type { SecretRecord } from './record.ts'
import type { Vault } from './vault.ts'

/** What every operation may use. Nothing in it touches a network or the machine's clock. */
export interface World {
  /** Milliseconds since 1970. */
  now(): number
  /** From 0 up to, not including, 1. */
  random(): number
  readonly vaults: Map<string, Vault>
  readonly permissions: Permissions
  readonly tokens: Tokens
  readonly faults: Faults
  readonly events: Events
}

/** One request on its way through an operation. */
export interface Request {
  readonly world: World
  readonly vault: Vault
  /** `https://<host>`, as the client wrote it: ids and next links begin with it. */
  readonly origin: string
  /** Without the query. */
  readonly path: string
  readonly apiVersion: string
  readonly query: URLSearchParams
  readonly name: string
  /** Absent: the request names none. */
  readonly version: string | undefined
  readonly body: string
  readonly stale: Staleness | undefined
}

/** The state that a read shows: an older one when staleness was asked for, undefined when it did not exist then. */
export function seenBy({ stale, world }: Request, record: SecretRecord): SecretState | undefined {
  if (!stale) return record.state
  return 'ms' in stale ? record.asOf(world.now() - stale.ms) : record.writesAgo(stale.writes ?? 1)
}

/** 32 hexadecimal digits. */
export const hexId = (world: World): string =>
  Array.from({ length: 32 }, () => Math.floor(world.random() * 16).toString(16)).join('')

export function uuid(world: World): string {
  const hex = hexId(world)
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20)].join('-')
}
