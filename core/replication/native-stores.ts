/**
 * Where a store keeps copies of its own: the configuration says so of followers, and its adapter has to know.
 * @module
 */
import type { Config } from '../config/types.ts'
import type { SecretId } from '../ports/secret-store.ts'

/** The stores of the native replicas of what this store holds, by the secret's id there. */
export function nativeStores({ secrets }: Config, store: string): ReadonlyMap<SecretId, readonly string[]> {
  const held = [...secrets.values()].filter(secret => secret.store === store)
  const replicas = held.map(({ id, followers }) => {
    const native = followers.filter(({ replica }) => replica)
    return [id, native.map(follower => follower.store)] as const
  })
  return new Map(replicas.filter(([, stores]) => stores.length > 0))
}
