/**
 * Which cloud is the own one: there a process is known already, and everywhere else it has to sign in.
 * @module
 */
import type { Config, StoreConfig } from '../config/types.ts'
import { type Cloud, clouds } from '../ports/web-identity.ts'

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

/** At home `signIn` is not used, so that one file can serve programs on both sides: who leads may change. */
export const signsIn = (store: StoreConfig, home: Cloud | undefined): boolean =>
  store.kind !== 'local' && store.signIn !== undefined && store.kind !== home
