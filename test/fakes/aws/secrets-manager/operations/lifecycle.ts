import { exists, invalidParameter, invalidRequest, notFound } from '../errors.ts'
import { arnSuffix } from '../ids.ts'
import { flag, type Input, integer, list, requestToken, required, secretData, tags, text } from '../input.ts'
import { type SecretData, type SecretState, sameData } from '../model.ts'
import { SecretRecord } from '../record.ts'
import { refuseDeleted, refuseReplica } from '../regions.ts'
import { putVersion } from '../versions.ts'
import type { Request } from '../world.ts'
import { replication } from './describe.ts'
import { replicate } from './replicate.ts'
import { setTags } from './tags.ts'
import { refuseManaged } from './write.ts'

const DAY = 86_400_000

/** The same token with the same value again is ignored (CreateSecretRequest.ClientRequestToken). */
export function createSecret(request: Request, input: Input): object {
  const { world, region } = request
  const name = required(input, 'Name')
  if (!/^[A-Za-z0-9/_+=.@-]{1,512}$/.test(name)) {
    throw invalidParameter(
      'Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!',
    )
  }
  const value = secretData(input)
  const token = requestToken(input)
  const known = world.regions.find(region, name)
  if (known?.state.name === name) return createdBefore(known.record, token, value)
  world.kms.encrypt(value && text(input, 'KmsKeyId'), request.accessKeyId)
  const record = newSecret(request, name, input)
  record.update(world.now(), draft => {
    setTags(draft, tags(input))
    if (value) putVersion(draft, { id: token, value, at: world.now() })
  })
  world.regions.add(region, record)
  const regions = list<{ Region?: string; KmsKeyId?: string }>(input, 'AddReplicaRegions') ?? []
  if (regions.length) replicate(request, record, regions, flag(input, 'ForceOverwriteReplicaSecret') ?? false)
  const found = world.regions.locate(region, record.state.arn)
  return {
    ARN: record.state.arn,
    Name: name,
    ...(value && { VersionId: token }),
    ...replication(request, found, record.state),
  }
}

function createdBefore(record: SecretRecord, token: string, value: SecretData | undefined): object {
  const { state } = record
  // Class and text recorded on AWS.
  if (state.deletedAt !== undefined) {
    throw invalidRequest(
      "You can't create this secret because a secret with this name is already scheduled for deletion.",
    )
  }
  const version = state.versions.get(token)
  if (!version?.value || !value || !sameData(version.value, value)) {
    throw exists(`The operation failed because the secret ${state.name} already exists.`)
  }
  return { ARN: state.arn, Name: state.name, VersionId: token }
}

function newSecret(request: Request, name: string, input: Input): SecretRecord {
  const { world, region } = request
  const at = world.now()
  const state: SecretState = {
    arn: `arn:aws:secretsmanager:${region}:${world.accountId}:secret:${name}${arnSuffix(world)}`,
    name,
    primaryRegion: region,
    createdAt: at,
    changedAt: at,
    tags: new Map(),
    versions: new Map(),
    replicas: new Map(),
  }
  const [description, key, type] = [text(input, 'Description'), text(input, 'KmsKeyId'), text(input, 'Type')]
  if (description !== undefined) state.description = description
  if (key !== undefined && key !== '') state.kmsKeyId = key
  if (type !== undefined) state.type = type
  return new SecretRecord(state, at)
}

/** A forced deletion is at once, and no error for a secret that is not there (service model). */
export function deleteSecret(request: Request, input: Input): object {
  const { world, region } = request
  const secretId = required(input, 'SecretId')
  const forced = flag(input, 'ForceDeleteWithoutRecovery') ?? false
  const days = integer(input, 'RecoveryWindowInDays', 1, 1000)
  if (forced && days !== undefined) {
    throw invalidParameter("You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.")
  }
  if (days !== undefined && (days < 7 || days > 30)) {
    throw invalidParameter('The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).')
  }
  const found = world.regions.find(region, secretId)
  if (!found && forced) return { ARN: secretId, Name: secretId, DeletionDate: world.now() / 1000 }
  if (!found) throw notFound("Secrets Manager can't find the specified secret.")
  refuseReplica(found)
  refuseManaged(found.state)
  if (!forced) refuseDeleted(found.state)
  if (found.state.replicas.size) {
    const regions = [...found.state.replicas.keys()].sort().join(', ')
    // Class and text: gruntwork-io/cloud-nuke issue 435.
    throw invalidParameter(`You can't delete secret ${found.state.arn} that still has replica regions [${regions}].`)
  }
  return erase(request, found.record, forced ? 0 : (days ?? 30))
}

function erase(request: Request, record: SecretRecord, days: number): object {
  const { world, region } = request
  const at = world.now() + days * DAY
  if (days === 0) world.regions.remove(region, record.state.arn)
  else
    record.update(world.now(), draft => {
      draft.deletedAt = at
    })
  return { ARN: record.state.arn, Name: record.state.name, DeletionDate: at / 1000 }
}

export function restoreSecret(request: Request, input: Input): object {
  const found = request.world.regions.locate(request.region, required(input, 'SecretId'))
  refuseReplica(found)
  found.record.update(request.world.now(), draft => {
    delete draft.deletedAt
  })
  return { ARN: found.state.arn, Name: found.state.name }
}
