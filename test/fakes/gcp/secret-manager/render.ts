// States as the wire shows them.
import type { Rotation, SecretState, Version } from './model.ts'
import { maybeToWire, toWire } from './time.ts'

export function secretAnswer(state: SecretState): object {
  return {
    name: state.name,
    replication: state.replication ?? null,
    createTime: toWire(state.createdAt),
    labels: Object.fromEntries(state.labels),
    topics: state.topics.map(name => ({ name })),
    ...(state.expireAt !== undefined && { expireTime: toWire(state.expireAt) }),
    etag: state.etag,
    rotation: rotationAnswer(state.rotation),
    versionAliases: Object.fromEntries([...state.aliases].map(([alias, number]) => [alias, String(number)])),
    annotations: Object.fromEntries(state.annotations),
    versionDestroyTtl: maybeToWire(state.destroyTtlMs),
    customerManagedEncryption: state.regionalKey === undefined ? null : { kmsKeyName: state.regionalKey },
    secretType: state.secretType,
  }
}

/** The proto calls rotation_period input only, yet the documentation's own answers and messages show it. */
function rotationAnswer(rotation: Rotation | undefined): object | null {
  if (!rotation) return null
  return {
    nextRotationTime: maybeToWire(rotation.nextAt),
    rotationPeriod: maybeToWire(rotation.periodMs),
    managedRotationStatus: rotation.managed === undefined ? null : { state: rotation.managed },
  }
}

export function versionAnswer(state: SecretState, version: Version): object {
  return {
    name: `${state.name}/versions/${version.number}`,
    createTime: toWire(version.createdAt),
    destroyTime: maybeToWire(version.destroyedAt),
    state: version.state,
    replicationStatus: replicationStatus(state, version),
    etag: version.etag,
    clientSpecifiedPayloadChecksum: version.clientChecksum,
    scheduledDestroyTime: maybeToWire(version.scheduledDestroyAt),
    customerManagedEncryption: state.location === undefined ? null : encryption(version.keys[0]),
  }
}

const encryption = (key: string | undefined) => (key === undefined ? null : { kmsKeyVersionName: `${key}/versions/1` })

function replicationStatus({ replication }: SecretState, { keys }: Version): object | null {
  if (replication?.automatic) return { automatic: { customerManagedEncryption: encryption(keys[0]) } }
  if (!replication?.userManaged) return null
  const replicas = replication.userManaged.replicas.map(({ location }, index) => ({
    location,
    customerManagedEncryption: encryption(keys[index]),
  }))
  return { userManaged: { replicas } }
}
