// The fields of a secret that create and patch set, and what a mask may name.
import { invalid } from './errors.ts'
import type { SecretInput } from './input.ts'
import type { Replication, SecretState } from './model.ts'
import { fromWire, type WireTime } from './time.ts'

/** How a field named in a mask is taken from the request: absent there, it is cleared; a map is replaced whole. */
type Setter = (draft: SecretState, input: SecretInput, now: number) => void

const maybe = (time: WireTime | null | undefined): number | undefined => (time ? fromWire(time) : undefined)

function put<Key extends keyof SecretState>(draft: SecretState, key: Key, value: SecretState[Key] | undefined): void {
  if (value === undefined) delete draft[key]
  else draft[key] = value
}

const expiry: Setter = (draft, { ttl, expireTime }, now) =>
  put(draft, 'expireAt', ttl ? now + fromWire(ttl) : maybe(expireTime))

const nothing: Setter = () => {}

const immutable = (field: string): Setter => {
  return () => {
    throw invalid(`Field '${field}' is immutable and cannot be updated.`)
  }
}

/** By the paths in snake case. Which are ignored, refused or immutable was recorded on the service. */
export const setters: Readonly<Record<string, Setter>> = {
  labels: (draft, { labels }) => put(draft, 'labels', new Map(Object.entries(labels))),
  annotations: (draft, { annotations }) => put(draft, 'annotations', new Map(Object.entries(annotations))),
  version_aliases: (draft, { versionAliases }) =>
    put(draft, 'aliases', new Map(Object.entries(versionAliases).map(([alias, number]) => [alias, Number(number)]))),
  topics: (draft, { topics }) => put(draft, 'topics', [...topics.map(topic => topic.name)]),
  rotation: (draft, input) => {
    rotationPart(draft, 'nextAt', maybe(input.rotation?.nextRotationTime))
    rotationPart(draft, 'periodMs', maybe(input.rotation?.rotationPeriod))
  },
  'rotation.next_rotation_time': (draft, { rotation }) =>
    rotationPart(draft, 'nextAt', maybe(rotation?.nextRotationTime)),
  'rotation.rotation_period': (draft, { rotation }) => rotationPart(draft, 'periodMs', maybe(rotation?.rotationPeriod)),
  expire_time: expiry,
  ttl: expiry,
  version_destroy_ttl: (draft, { versionDestroyTtl }) => put(draft, 'destroyTtlMs', maybe(versionDestroyTtl)),
  customer_managed_encryption: (draft, { customerManagedEncryption: key }) =>
    put(draft, 'regionalKey', key?.kmsKeyName || undefined),
  replication: (draft, { replication }) => setReplication(draft, replication),
  name: nothing,
  create_time: nothing,
  tags: nothing,
  etag: nothing,
  secret_type: immutable('secret_type'),
  policy_member: immutable('policy_member'),
}

function rotationPart(draft: SecretState, key: 'nextAt' | 'periodMs', value: number | undefined): void {
  const { [key]: _, ...rest } = draft.rotation ?? {}
  const rotation = value === undefined ? rest : { ...rest, [key]: value }
  put(draft, 'rotation', Object.keys(rotation).length === 0 ? undefined : rotation)
}

/** The policy is immutable, its keys are not (resources.proto: updates apply to versions added afterwards). */
function setReplication(draft: SecretState, replication: Replication | null): void {
  if (draft.location !== undefined) {
    throw invalid('Field mask paths starting with "replication" are not supported in updates of regional secret.')
  }
  if (policyOf(replication) !== policyOf(draft.replication)) {
    throw invalid('Updating secret replication is not supported.')
  }
  draft.replication = cleanReplication(replication!)
}

const policyOf = (replication: Replication | null | undefined): string =>
  JSON.stringify(replication?.userManaged ? replication.userManaged.replicas.map(each => each.location) : 'automatic')

export const cleanReplication = ({ automatic, userManaged }: Replication): Replication =>
  userManaged ? { userManaged } : { automatic: automatic ?? {} }

/** Paths in snake or camel case; `*`, map keys (`labels.team`) and unknown ones are refused. */
export function setterOf(path: string): Setter {
  const snake = path.replaceAll(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)
  const setter = Object.hasOwn(setters, snake) ? setters[snake] : undefined
  if (!setter) throw invalid()
  return setter
}
