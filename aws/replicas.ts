/**
 * The replicas that a configuration names, opened when they are first looked at.
 * @module
 */
import type { AwsStoreConfig, Config } from '../core/config/types.ts'
import type { Clock } from '../core/ports/clock.ts'
import { type AwsNativeReplica, type BetweenMoves, betweenMoves, openNativeReplica } from './index.ts'

type Place = Pick<AwsStoreConfig, 'region' | 'endpoint' | 'role'>

export class Replicas {
  readonly #config: Config
  readonly #clock: Clock
  readonly #opened = new Map<AwsStoreConfig, Promise<AwsNativeReplica>>()

  constructor(config: Config, clock: Clock) {
    this.#config = config
    this.#clock = clock
  }

  /** One that could not be opened is tried again at the next call. */
  readonly open = (store: AwsStoreConfig): Promise<AwsNativeReplica> => {
    const known = this.#opened.get(store)
    if (known) return known
    const opened = openNativeReplica({ ...placeOf(store), clock: this.#clock })
    this.#opened.set(store, opened)
    opened.catch(() => this.#opened.delete(store))
    return opened
  }

  /** For the store that they copy. Nobody copies it: undefined. */
  betweenMoves(leader: AwsStoreConfig): BetweenMoves | undefined {
    const { secrets, stores } = this.#config
    const copied = [...secrets.values()].filter(
      ({ store, followers }) => stores.get(store) === leader && followers.some(({ replica }) => replica),
    )
    if (copied.length === 0) return undefined
    const of = async (id: string) => {
      const followers = copied.filter(secret => secret.id === id).flatMap(secret => secret.followers)
      const replicas = followers.filter(({ replica }) => replica)
      return Promise.all(replicas.map(({ store }) => this.open(stores.get(store) as AwsStoreConfig)))
    }
    return betweenMoves(of, this.#clock)
  }
}

export const placeOf = ({ region, endpoint, role }: AwsStoreConfig): Place => ({ region, endpoint, role })
