/**
 * `followers:` of one secret, and where it is written who leads.
 * @module
 */
import type { DataPath } from './problem.ts'
import { resolveStore, type Scope } from './resolve-parts.ts'
import type { RootInput, SecretInput } from './schema/root.ts'
import type { EpochsConfig, FollowerConfig } from './types.ts'

const TIMEOUT = 30_000

export const resolveFollowers = (
  { followers = [] }: SecretInput,
  secretId: string,
  path: DataPath,
  scope: Scope,
): FollowerConfig[] =>
  followers.map(({ store, name, id, required, timeout, values, replica }, index) => ({
    name: name ?? store,
    store: resolveStore(store, [...path, 'followers', index, 'store'], scope),
    id: id ?? secretId,
    required: required ?? true,
    timeout: timeout ?? TIMEOUT,
    values: values ?? {},
    replica: replica ?? false,
  }))

export function resolveEpochs({ store, blob }: NonNullable<RootInput['epochs']>): EpochsConfig {
  if (blob === undefined) return { store: store! }
  const { url, container, prefix } = blob
  return { blob: { url: url.replace(/\/$/, ''), container, ...(prefix !== undefined && { prefix }) } }
}
