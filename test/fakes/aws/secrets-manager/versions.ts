import { exists, limitExceeded } from './errors.ts'
import { attach, checkLabelQuota } from './labels.ts'
import { CURRENT, type SecretData, type SecretState, sameData, type Version } from './model.ts'

const MAX_VERSIONS = 100
const DAY = 86_400_000

export interface NewVersion {
  readonly id: string
  readonly value: SecretData
  /** Absent or empty: AWSCURRENT moves. */
  readonly stages?: readonly string[]
  readonly at: number
}

/**
 * The token rules of PutSecretValue (service model): the same data again does nothing at all, also not to labels; other
 * data is refused; an empty version is filled. Answers whether a version came into being or got its value.
 */
export function putVersion(state: SecretState, put: NewVersion): { version: Version; created: boolean } {
  const known = state.versions.get(put.id)
  if (known?.value) {
    if (!sameData(known.value, put.value)) throw tokenInUse(state, put.id)
    return { version: known, created: false }
  }
  const first = state.versions.size === 0
  const version = known ?? addVersion(state, put.id, put.at)
  version.value = put.value
  // Whether filling a rotation's empty version is "the first version" is undocumented; here it is not.
  const given = new Set(put.stages?.length ? put.stages : [CURRENT])
  const current = given.delete(CURRENT) || first
  for (const stage of given) attach(state, stage, version)
  // Last, so that AWSPREVIOUS follows it even when it was asked for elsewhere.
  if (current) attach(state, CURRENT, version)
  checkLabelQuota(state)
  return { version, created: true }
}

export const tokenInUse = (state: SecretState, token: string) =>
  exists(
    `You can't use ClientRequestToken ${token} because that value is already in use for a version of secret ${state.arn}.`,
  )

/** Adds a version without a value and without labels, within the quota. */
export function addVersion(state: SecretState, id: string, at: number): Version {
  makeRoom(state, at)
  const version: Version = {
    id,
    stages: new Set(),
    createdAt: at,
    ...(state.kmsKeyId !== undefined && { kmsKeyId: state.kmsKeyId }),
  }
  state.versions.set(id, version)
  return version
}

/** Oldest unlabelled versions go, but none of the last 24 hours (User Guide, quotas). Really it is a background job. */
function makeRoom(state: SecretState, at: number): void {
  const removable = [...state.versions.values()].filter(each => each.stages.size === 0 && at - each.createdAt >= DAY)
  for (const version of removable.sort((one, other) => one.createdAt - other.createdAt)) {
    if (state.versions.size < MAX_VERSIONS) return
    state.versions.delete(version.id)
  }
  if (state.versions.size >= MAX_VERSIONS) {
    throw limitExceeded(`You can't have more than ${MAX_VERSIONS} versions of a secret younger than 24 hours.`)
  }
}
