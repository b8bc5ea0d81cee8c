/**
 * Stores of other clouds, for the bundles that reach every cloud: each kind is a chunk that is loaded when a store of it is opened.
 * Signed in to as the store's `signIn:` says, with a token of the function's own cloud.
 * @module
 */
import { openBlobRegister, openStore } from '../cli/stores.ts'
import type { Config, StoreConfig } from '../core/config/types.ts'
import type { Environment } from '../core/functions/configuration.ts'
import type { BlobPlace, FunctionStore } from '../core/functions/workshop.ts'
import { systemClock } from '../core/ports/clock.ts'
import type { LeaderRegister } from '../core/ports/leader-register.ts'
import type { Cloud } from '../core/ports/web-identity.ts'

/** `home`: the function's own cloud. */
export function beyond(home: Cloud, env: Environment) {
  const opening = { clock: systemClock, env, create: false, home }
  return {
    open: (store: StoreConfig): Promise<FunctionStore> => openStore(store, opening),
    blobRegister: (config: Config, place: BlobPlace): Promise<LeaderRegister> =>
      openBlobRegister(config, place, opening),
  }
}
