/**
 * Which secrets of one cloud a deployment touches, and what for: from the resolved configuration, for the grants of that cloud.
 * @module
 */
import { adminOf, type Config, type StoreConfig } from '../../core/config/types.ts'
import { registerId } from '../../core/replication/store-register.ts'
import { placesOf } from '../../core/replication/wire.ts'

/** `rotate`: as a leader or a follower, for whoever follows today may lead tomorrow. `register`: it says who leads. */
export type Use = 'rotate' | 'read' | 'register'

export interface Used<Store extends StoreConfig = StoreConfig> {
  /** Its name in the configuration. */
  readonly storeName: string
  readonly store: Store
  readonly id: string
  readonly use: Use
  /** A follower's, or a register's, is made where it is not there. */
  readonly made: boolean
  /** Of the configuration, for whose sake. */
  readonly of: string
}

/** So few are looked at one by one, and more are listed first: `core/fleet/hints.ts`. */
const FEW = 10

export function usedIn<Kind extends StoreConfig['kind']>(
  config: Config,
  kind: Kind,
): readonly Used<Extract<StoreConfig, { kind: Kind }>>[] {
  type Own = Extract<StoreConfig, { kind: Kind }>
  const found = new Map<string, Used<Own>>()
  const add = (storeName: string, id: string, use: Use, of: string, made = false) => {
    const store = config.stores.get(storeName)
    if (store?.kind !== kind) return
    const key = JSON.stringify([storeName, id, use])
    const known = found.get(key)
    if (!known || made) found.set(key, { storeName, store: store as Own, id, use, made, of })
  }
  for (const secret of config.secrets.values()) {
    const { name, target, consumers, followers } = secret
    for (const { store, id } of placesOf(secret).values()) add(store, id, 'rotate', name, followers.length > 0)
    const admin = adminOf(target)
    if (admin) add(admin.store, admin.id, 'read', name)
    for (const { hook } of consumers) if (hook?.kind === 'webhook') add(hook.key.store, hook.key.id, 'read', name)
    const { epochs, deployment } = config
    if (followers.length > 0 && epochs && 'store' in epochs)
      add(epochs.store, registerId(deployment, name), 'register', name, true)
  }
  // what is rotated may be read anyway
  return [...found.values()].filter(
    ({ storeName, id, use }) => use !== 'read' || !found.has(JSON.stringify([storeName, id, 'rotate'])),
  )
}

/** The stores that a sweep lists. */
export function listedIn(config: Config): ReadonlySet<string> {
  const counts = new Map<string, number>()
  for (const { store } of config.secrets.values()) counts.set(store, (counts.get(store) ?? 0) + 1)
  return new Set([...counts].filter(([, count]) => count > FEW).map(([store]) => store))
}
