/**
 * One store of the file.
 * @module
 */
import type { Duration } from '../ports/clock.ts'
import { keySource, type Scope } from './resolve-parts.ts'
import { signInToAws, signInToAzure, signInToGcp } from './resolve-sign-in.ts'
import type { RootInput } from './schema/root.ts'
import type { AwsStoreConfig, AzureStoreConfig, GcpStoreConfig, StoreConfig } from './types.ts'

type StoreInput = NonNullable<RootInput['stores']>[string]
type Of<Kind> = Extract<StoreInput, { kind: Kind }>

/** "A few hours": https://cloud.google.com/secret-manager/docs/reference/consistency */
const GCP_PROPAGATION = 3 * 3_600_000

export function resolveStoreConfig(store: StoreInput, scope: Scope): StoreConfig {
  switch (store.kind) {
    case 'local':
      return { kind: 'local', file: scope.absolute(store.file), key: keySource(store.key, scope) }
    case 'aws':
      return aws(store)
    case 'gcp':
      return gcp(store)
    case 'azure':
      return azure(store)
  }
}

/** How long consumers of a store may be shown the version before. */
export function propagationOf(name: string, { input }: Scope): Duration {
  const stores = input.stores ?? {}
  const store = Object.hasOwn(stores, name) ? stores[name] : undefined
  if (store?.kind === 'gcp') return store.propagation ?? GCP_PROPAGATION
  return store?.kind === 'azure' ? (store.propagation ?? 0) : 0
}

function aws({ region, endpoint, role, signIn, storedKey }: Of<'aws'>): AwsStoreConfig {
  const { arn, externalId } = role ?? {}
  return {
    kind: 'aws',
    region,
    endpoint,
    role: arn === undefined ? undefined : { arn, ...(externalId !== undefined && { externalId }) },
    signIn: signIn && signInToAws(signIn),
    storedKey,
  }
}

function gcp({
  project,
  location,
  readBy,
  propagation = GCP_PROPAGATION,
  endpoint,
  signIn,
  storedKey,
}: Of<'gcp'>): GcpStoreConfig {
  const { alias, previous } = readBy === 'latest' ? {} : readBy
  const aliases = alias !== undefined && { alias, ...(previous !== undefined && { previous }) }
  const read = { readBy: aliases || ('latest' as const), propagation }
  return { kind: 'gcp', project, location, ...read, endpoint, signIn: signIn && signInToGcp(signIn), storedKey }
}

function azure({
  vault,
  journal: { url, container, prefix },
  endpoint,
  propagation = 0,
  signIn,
  storedKey,
}: Of<'azure'>): AzureStoreConfig {
  const journal = { url: bare(url), container, ...(prefix !== undefined && { prefix }) }
  const place = { vault: bare(vault).toLowerCase(), journal, endpoint }
  return { kind: 'azure', ...place, propagation, signIn: signIn && signInToAzure(signIn), storedKey }
}

const bare = (url: string): string => url.replace(/\/$/, '')
