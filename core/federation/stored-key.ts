/**
 * A key that is stored to sign in to another cloud than the process runs in: refused, unless the store names it.
 * @module
 */
import type { Config, StoreConfig } from '../config/types.ts'
import { RotationError } from '../errors.ts'
import { type Cloud, clouds } from '../ports/web-identity.ts'
import { cloudNames } from './refusal.ts'

type Env = Readonly<Record<string, string | undefined>>

/**
 * Where a process runs, as far as the platforms say so in documented variables: Lambda and ECS; Cloud Run and its functions;
 * App Service, Functions and Container Apps. A virtual machine or a node of Kubernetes says nothing: undefined.
 */
export function homeOf(env: Env): Cloud | undefined {
  const has = (...names: readonly string[]) => names.some(name => env[name] !== undefined && env[name] !== '')
  if (has('AWS_LAMBDA_FUNCTION_NAME', 'ECS_CONTAINER_METADATA_URI_V4')) return 'aws'
  // Knative sets K_SERVICE too, in a cluster of anybody's.
  if (has('K_SERVICE', 'CLOUD_RUN_JOB') && !has('KUBERNETES_SERVICE_HOST')) return 'gcp'
  return has('WEBSITE_SITE_NAME', 'CONTAINER_APP_NAME') ? 'azure' : undefined
}

/** Of a store of copies where nobody says where the process runs: another cloud whose secrets it follows. */
export function leaderHome({ stores, secrets }: Config, name: string): Cloud | undefined {
  const own = stores.get(name)?.kind
  const leaders = [...secrets.values()].filter(({ followers }) => followers.some(({ store }) => store === name))
  const kinds = leaders.map(({ store }) => stores.get(store)?.kind)
  return clouds.find(cloud => cloud !== own && kinds.includes(cloud))
}

/** Whether a stored key is refused at this store: it is another cloud's than `home`, and does not name one. */
export const refusesStoredKey = (store: StoreConfig, home: Cloud | undefined): boolean =>
  store.kind !== 'local' && home !== undefined && home !== store.kind && store.storedKey !== true

/** `what`: the kind of key, and where it was found. */
export const storedKeyRefused = (cloud: Cloud, what: string): RotationError =>
  new RotationError('refused', `A stored key would sign in to ${cloudNames[cloud]} from another cloud: ${what}.`, {
    next: 'Sign in without one (`signIn:` of the store, see docs/federation.md), or name it: `storedKey: true`.',
  })
