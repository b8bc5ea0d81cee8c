import { latestOf, type Version } from './model.ts'
import type { Vault } from './vault.ts'
import { uuid, type World } from './world.ts'

export type EventType = 'SecretNewVersionCreated' | 'SecretNearExpiry' | 'SecretExpired'

/** One event, before it is written in one of the two schemas (event-schemas.ts). */
export interface ServiceEvent {
  readonly id: string
  readonly type: EventType
  readonly vault: string
  /** The vault's resource id: `topic`, or `source`. */
  readonly resourceId: string
  readonly name: string
  readonly version: string
  /** Seconds since 1970. */
  readonly nbf?: number
  readonly exp?: number
  /** Milliseconds since 1970. */
  readonly time: number
}

interface Due {
  readonly at: number
  readonly type: EventType
  readonly vault: Vault
  readonly name: string
  readonly version: string
  readonly exp: number
}

const DAY = 86_400_000

/** Thirty days before, for secrets not configurable: https://github.com/MicrosoftDocs/azure-docs/issues/45793 */
const NEAR_MS = 30 * DAY

/**
 * Event Grid's side of a vault. Which version an event is about and when it is raised:
 * https://learn.microsoft.com/azure/event-grid/event-schema-key-vault
 */
export class Events {
  /** A version that is already that near to its expiry: the event comes after this long ("within 15 minutes"). */
  delayMs = 5 * 60_000
  /** Without a subscription events are lost: nothing is raised for versions made meanwhile. */
  subscribed = true
  /** Expiry events also for versions that are not current any more. The documentation says current; consumers see others. */
  forOldVersions = false
  readonly #world: World
  readonly #raised: ServiceEvent[] = []
  #due: Due[] = []

  constructor(world: World) {
    this.#world = world
  }

  /** What was raised until now, oldest first. */
  get raised(): readonly ServiceEvent[] {
    this.raiseDue()
    return this.#raised
  }

  created(vault: Vault, name: string, version: Version): void {
    if (!this.subscribed) return
    this.#raise('SecretNewVersionCreated', vault, name, version, this.#world.now())
    this.expiryChanged(vault, name, version)
  }

  /** Also when an update moves `exp`: undocumented, assumed. */
  expiryChanged(vault: Vault, name: string, { id, attributes }: Version): void {
    if (!this.subscribed || attributes.exp === undefined) return
    const { exp } = attributes
    const soonest = this.#world.now() + this.delayMs
    const due = { vault, name, version: id, exp }
    if (exp * 1000 > this.#world.now())
      this.#due.push({ ...due, type: 'SecretNearExpiry', at: Math.max(exp * 1000 - NEAR_MS, soonest) })
    this.#due.push({ ...due, type: 'SecretExpired', at: Math.max(exp * 1000, soonest) })
  }

  /** Raises what the clock has come to. Called before every request, so that "current" is what it was at that time. */
  raiseDue(): void {
    const now = this.#world.now()
    if (!this.#due.some(({ at }) => at <= now)) return
    const ripe = this.#due.filter(({ at }) => at <= now).sort((one, other) => one.at - other.at)
    this.#due = this.#due.filter(({ at }) => at > now)
    for (const { type, vault, name, version: id, exp, at } of ripe) {
      const state = vault.find(name, now)?.state
      const version = state?.versions.get(id)
      if (!state || state.deletion || version?.attributes.exp !== exp) continue
      if (latestOf(state).id === id || this.forOldVersions) this.#raise(type, vault, name, version, at)
    }
  }

  #raise(type: EventType, vault: Vault, name: string, version: Version, time: number): void {
    const { enabled: _, ...dates } = version.attributes
    const about = { vault: vault.name, resourceId: vault.resourceId, name, version: version.id }
    this.#raised.push({ id: uuid(this.#world), type, ...about, ...dates, time })
  }
}
