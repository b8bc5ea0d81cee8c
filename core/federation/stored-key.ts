/**
 * A key that is stored to sign in to another cloud than the process runs in: refused, unless the store names it.
 * @module
 */
import type { StoreConfig } from '../config/types.ts'
import { RotationError } from '../errors.ts'
import type { Cloud } from '../ports/web-identity.ts'
import { cloudNames } from './refusal.ts'

/** Whether a stored key is refused at this store: it is another cloud's than `home`, and does not name one. */
export const refusesStoredKey = (store: StoreConfig, home: Cloud | undefined): boolean =>
  store.kind !== 'local' && home !== undefined && home !== store.kind && store.storedKey !== true

/** `what`: the kind of key, and where it was found. */
export const storedKeyRefused = (cloud: Cloud, what: string): RotationError =>
  new RotationError('refused', `A stored key would sign in to ${cloudNames[cloud]} from another cloud: ${what}.`, {
    next: 'Sign in without one (`signIn:` of the store, see docs/federation.md), or name it: `storedKey: true`.',
  })
