/**
 * Stores of other clouds, for the bundles that reach every cloud: each kind is a chunk that is loaded when a store of it is opened.
 * Signed in to as the store's `signIn:` says, with a token of the function's own cloud.
 * @module
 */
import { openStore } from '../cli/stores.ts'
import type { StoreConfig } from '../core/config/types.ts'
import type { Environment } from '../core/functions/configuration.ts'
import type { FunctionStore } from '../core/functions/workshop.ts'
import { systemClock } from '../core/ports/clock.ts'
import type { Cloud } from '../core/ports/web-identity.ts'

/** `home`: the function's own cloud. */
export const beyond = (home: Cloud, env: Environment) => ({
  open: (store: StoreConfig): Promise<FunctionStore> =>
    openStore(store, { clock: systemClock, env, create: false, home }),
})
