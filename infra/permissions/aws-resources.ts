/**
 * What each kind of permission is granted on in one configuration, in the words of Fn::Sub: the template fills in the region and the
 * account that it is deployed to.
 * @module
 */
import { regionOfRds } from '../../core/config/profiles.ts'
import { type AwsStoreConfig, adminOf, type Config, type SecretConfig } from '../../core/config/types.ts'
import { registerId } from '../../core/replication/store-register.ts'
import { placesOf } from '../../core/replication/wire.ts'
import type { FunctionName, Kind } from './aws-calls.ts'

export interface Deployment {
  /** Of the stack. */
  readonly region: string
}

interface Place {
  readonly store: string
  readonly id: string
}

const filledIn = (name: string): string => `\${${name}}`
const OWN = {
  region: filledIn('AWS::Region'),
  account: filledIn('AWS::AccountId'),
  partition: filledIn('AWS::Partition'),
}

/** Each secret that a role of the stack itself has to be granted, with who needs it for the sentence that it cannot be. */
export function granted(config: Config): readonly (Place & { readonly arn: string; readonly of: string })[] {
  const of = (secret: SecretConfig) => [...placesOf(secret).values(), ...read(config, secret)]
  return [...config.secrets.values()].flatMap(secret =>
    of(secret).flatMap(place => arns(config, [place]).map(arn => ({ ...place, arn, of: secret.name }))),
  )
}

/** Nothing of it in this configuration: empty. */
export function resourcesOf(kind: Kind, config: Config, { region }: Deployment, fn: FunctionName): readonly string[] {
  const secrets = [...config.secrets.values()]
  const here = secrets.filter(({ store }) => {
    const there = awsStore(config, store)
    return there && !there.role && (there.region ?? region) === region
  })
  const arnsOf = (places: (secret: SecretConfig) => readonly Place[], among = secrets) =>
    unique(arns(config, among.flatMap(places)))
  const resources: Readonly<Record<Kind, () => readonly string[]>> = {
    Attached: () => arnsOf(secret => [secret], here),
    AttachedAdmins: () => arnsOf(secret => admin(config, secret), here),
    ManagedAdmins: () => arnsOf(secret => admin(config, secret).filter(isOfRds), here),
    Databases: () => (here.some(isAtRds) ? ['db', 'cluster'].map(kind => arn('rds', OWN.region, `${kind}:*`)) : []),
    Secrets: () => arnsOf(secret => [...placesOf(secret).values()]),
    Copies: () => arnsOf(({ followers }) => followers.filter(({ replica }) => !replica)),
    Replicas: () => arnsOf(({ followers }) => followers.filter(({ replica }) => replica)),
    Register: () => arnsOf(secret => register(config, secret)),
    Read: () => arnsOf(secret => read(config, secret)),
    Roles: () => unique(reached(config).flatMap(({ role }) => (role ? [role.arn] : []))),
    Logins: () => unique(secrets.flatMap(logins)),
    Listing: () => (isListed(config) ? ['*'] : []),
    Rotation: () => (here.length > 0 ? [filledIn('RotateLambdaFunction.Arn')] : []),
    Services: () => unique(secrets.flatMap(services)),
    Lambdas: () => unique(secrets.flatMap(lambdas)),
    Work: () => [filledIn('WorkQueue.Arn')],
    DeadLetters: () => [filledIn('DeadLetters.Arn')],
    Logs: () => [filledIn(`${fn[0]!.toUpperCase()}${fn.slice(1)}LogGroup.Arn`)],
    // by parameters of the stack: infra/aws/roles.yml
    Key: () => [],
    Interfaces: () => [],
    Users: () => [],
  }
  return resources[kind]()
}

function awsStore({ stores }: Config, name: string): AwsStoreConfig | undefined {
  const store = stores.get(name)
  return store?.kind === 'aws' ? store : undefined
}

const unique = (texts: readonly string[]): readonly string[] => [...new Set(texts)].toSorted()

const arn = (service: string, region: string, rest: string): string =>
  `arn:${OWN.partition}:${service}:${region}:${OWN.account}:${rest}`

/** What a role is assumed for is that role's to grant. A name stands for the one secret of that name: six characters are added to it. */
const arns = (config: Config, places: readonly Place[]): readonly string[] =>
  places.flatMap(({ store, id }) => {
    const there = awsStore(config, store)
    if (!there || there.role) return []
    return [id.startsWith('arn:') ? id : arn('secretsmanager', there.region ?? OWN.region, `secret:${id}-??????`)]
  })

/** Declared ones are granted as secrets already. */
function admin({ secrets }: Config, { target }: SecretConfig): readonly Place[] {
  const found = adminOf(target)
  return found && !(found.secret !== undefined && secrets.has(found.secret)) ? [found] : []
}

function read(config: Config, secret: SecretConfig): readonly Place[] {
  const keys = secret.consumers.flatMap(({ hook }) => (hook?.kind === 'webhook' ? [hook.key] : []))
  const places = [...config.secrets.values()].flatMap(one => [...placesOf(one).values()])
  const declared = ({ store, id }: Place) => places.some(one => one.store === store && one.id === id)
  return [...admin(config, secret), ...keys].filter(place => !declared(place))
}

/** `rds!cluster-…`: RDS made it. */
const isOfRds = ({ id }: Place): boolean => /(^|:secret:)rds!/.test(id)

const isAtRds = ({ target }: SecretConfig): boolean =>
  target.kind !== 'module' &&
  adminOf(target) !== undefined &&
  target.endpoints.some(({ host }) => regionOfRds(host) !== undefined)

function register({ epochs, deployment }: Config, { name, followers }: SecretConfig): readonly Place[] {
  if (!epochs || !('store' in epochs) || followers.length === 0) return []
  return [{ store: epochs.store, id: registerId(deployment, name) }]
}

/** Stores that some call goes to. */
function reached(config: Config): readonly AwsStoreConfig[] {
  const places = [...config.secrets.values()].flatMap(secret => [
    ...placesOf(secret).values(),
    ...read(config, secret),
    ...register(config, secret),
  ])
  const names = [...new Set(places.map(({ store }) => store))]
  return names.flatMap(name => awsStore(config, name) ?? [])
}

/** A sweep looks at a few secrets one by one: `core/fleet/hints.ts`. */
const FEW = 10

function isListed(config: Config): boolean {
  const places = [...config.secrets.values()].flatMap(secret => [...placesOf(secret).values()])
  return [...Map.groupBy(places, ({ store }) => store)].some(
    ([store, { length }]) => length > FEW && arns(config, [{ store, id: 'any' }]).length > 0,
  )
}

/** Which database it is, its host does not say: a login is named by the id of a resource. */
function logins({ target }: SecretConfig): readonly string[] {
  if (target.kind === 'module' || !target.admin || !('token' in target.admin)) return []
  const { token, user, region } = target.admin
  if (token !== 'rds-iam') return []
  return target.endpoints.map(({ host }) =>
    arn('rds-db', region ?? regionOfRds(host) ?? OWN.region, `dbuser:*/${user}`),
  )
}

const services = ({ consumers }: SecretConfig): readonly string[] =>
  consumers.flatMap(({ hook }) => {
    if (hook?.kind !== 'ecs') return []
    const { service, cluster, region = OWN.region } = hook
    if (service.startsWith('arn:')) return [service]
    return [arn('ecs', region, `service/${cluster.replace(/^arn:.*:cluster\//, '')}/${service}`)]
  })

const lambdas = ({ consumers }: SecretConfig): readonly string[] =>
  consumers.flatMap(({ hook }) => {
    if (hook?.kind !== 'lambda-environment') return []
    const { function: name, region = OWN.region } = hook
    return [name.startsWith('arn:') ? name : arn('lambda', region, `function:${name}`)]
  })
