/**
 * Whether leaders, followers and the place that says who leads fit together.
 * @module
 */
import { secretPlace } from './cross-check-clouds.ts'
import { didYouMean } from './nearest.ts'
import type { DataPath } from './problem.ts'
import type { Report } from './resolve-parts.ts'
import type { Config, FollowerConfig, SecretConfig, StoreConfig } from './types.ts'

interface Place {
  readonly place: string
  readonly name: string
  readonly path: DataPath
}

/** Every place that rotations write to, leaders first: so a follower that is a leader, its own or another's, is the one to be told. */
export function placesOf(config: Config): readonly Place[] {
  const all = [...config.secrets.values()]
  const leaders = all.map(({ name, store, id }) => ({
    place: secretPlace(config, store, id),
    name,
    path: ['secrets', name],
  }))
  const copies = all.flatMap(({ name, followers }) =>
    followers.map((follower, index) => ({
      place: secretPlace(config, follower.store, follower.id),
      name: `the follower ${follower.name} of ${name}`,
      path: ['secrets', name, 'followers', index],
    })),
  )
  return [...leaders, ...copies]
}

export function checkFollowers(config: Config, report: Report): void {
  for (const secret of config.secrets.values()) {
    const path = ['secrets', secret.name]
    checkAcceptedGap(secret, path, report)
    if (secret.followers.length === 0) continue
    if (!config.epochs)
      report([...path, 'followers'], 'need `epochs:`: a store beside the leader’s that says who leads')
    checkNames(secret, path, report)
    for (const [index, follower] of secret.followers.entries())
      checkFollower(config, secret, follower, [...path, 'followers', index], report)
  }
  checkEpochs(config, report)
}

function checkNames({ store, followers }: SecretConfig, path: DataPath, report: Report): void {
  const taken = new Set([store])
  for (const [index, { name }] of followers.entries()) {
    if (taken.has(name))
      report(
        [...path, 'followers', index, 'name'],
        name === store
          ? `is the name of the leader’s store; give it another, such as ${name}-copy`
          : `is taken: ${name}`,
      )
    taken.add(name)
  }
}

function checkFollower(
  { stores }: Config,
  secret: SecretConfig,
  { store, values, replica, id }: FollowerConfig,
  path: DataPath,
  report: Report,
): void {
  const keys = Object.keys(values)
  if (keys.length > 0) checkValues(secret, keys, [...path, 'values'], report)
  if (!replica) return
  const problem = replicaProblem(stores.get(secret.store), stores.get(store))
  if (problem) report([...path, 'replica'], problem)
  if (keys.length > 0) report([...path, 'values'], 'do not go with replica: Secrets Manager copies the value as it is')
  if (id !== secret.id) report([...path, 'id'], 'does not go with replica: a replica has the name of its leader')
}

/** A copy that names another login, or none, would cut its consumers off. */
function checkValues({ value }: SecretConfig, keys: readonly string[], path: DataPath, report: Report): void {
  if (value.format !== 'json') report(path, `need a value of format json; this one is of format ${value.format}`)
  const { username, password } = value.format === 'json' ? value.fields : { username: undefined, password: undefined }
  for (const key of keys)
    if (key === username || key === password)
      report([...path, key], 'is part of the credential, which is the same everywhere')
}

function replicaProblem(leader: StoreConfig | undefined, follower: StoreConfig | undefined): string | undefined {
  if (leader?.kind !== 'aws' || follower?.kind !== 'aws') return 'goes with two stores of kind aws'
  if (follower.region === undefined) return 'needs `region:` in its store'
  return follower.region === leader.region ? 'needs a store of another region than the leader’s' : undefined
}

/** Where consumers of a follower are cut off until their copy arrives. */
function checkAcceptedGap({ strategy, followers, acceptGap }: SecretConfig, path: DataPath, report: Report): void {
  const names = followers.map(({ name }) => name)
  for (const [index, name] of acceptGap.entries())
    if (!names.includes(name)) report([...path, 'acceptGap', index], `no such follower${didYouMean(name, names)}`)
  if (strategy !== 'single-user') return
  const open = names.filter(name => !acceptGap.includes(name))
  if (open.length > 0)
    report(
      [...path, 'followers'],
      `consumers of ${open.join(', ')} would be cut off at each rotation until their copy arrives; use alternating-users, or list them under acceptGap`,
    )
}

/** What fail-overs depend on must outlive the leader, and refuse who comes second. */
function checkEpochs({ epochs, stores, secrets }: Config, report: Report): void {
  if (!epochs || !('store' in epochs)) return
  const path = ['epochs', 'store']
  const store = stores.get(epochs.store)
  if (!store) report(path, `no such store under stores${didYouMean(epochs.store, [...stores.keys()])}`)
  if (store?.kind === 'azure') report(path, 'is a Key Vault, which has no compare-and-set; name a container: `blob:`')
  if (store?.kind === 'gcp' && store.readBy === 'latest')
    report(path, 'publishes what is added at once; use a store with `readBy: { alias: … }`')
  const led = [...secrets.values()].find(secret => secret.followers.length > 0 && secret.store === epochs.store)
  if (led) report(path, `is the store that leads ${led.name}: it would be lost with it`)
}
