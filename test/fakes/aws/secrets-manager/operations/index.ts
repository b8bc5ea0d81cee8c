import type { Input } from '../input.ts'
import type { Request } from '../world.ts'
import { describeSecret } from './describe.ts'
import { createSecret, deleteSecret, restoreSecret } from './lifecycle.ts'
import { listSecrets, listSecretVersionIds } from './list.ts'
import { getRandomPassword } from './password.ts'
import { deleteResourcePolicy, getResourcePolicy, putResourcePolicy } from './policy.ts'
import { batchGetSecretValue, getSecretValue } from './read.ts'
import { removeRegionsFromReplication, replicateSecretToRegions, stopReplicationToReplica } from './replicate.ts'
import { cancelRotateSecret, rotateSecret } from './rotate.ts'
import { tagResource, untagResource } from './tags.ts'
import { putSecretValue, updateSecret, updateSecretVersionStage } from './write.ts'

export type Operation = (request: Request, input: Input) => object

/** By the name that X-Amz-Target carries. ValidateResourcePolicy is not modelled. */
export const operations: Readonly<Record<string, Operation>> = {
  BatchGetSecretValue: batchGetSecretValue,
  CancelRotateSecret: cancelRotateSecret,
  CreateSecret: createSecret,
  DeleteResourcePolicy: deleteResourcePolicy,
  DeleteSecret: deleteSecret,
  DescribeSecret: describeSecret,
  GetRandomPassword: getRandomPassword,
  GetResourcePolicy: getResourcePolicy,
  GetSecretValue: getSecretValue,
  ListSecretVersionIds: listSecretVersionIds,
  ListSecrets: listSecrets,
  PutResourcePolicy: putResourcePolicy,
  PutSecretValue: putSecretValue,
  RemoveRegionsFromReplication: removeRegionsFromReplication,
  ReplicateSecretToRegions: replicateSecretToRegions,
  RestoreSecret: restoreSecret,
  RotateSecret: rotateSecret,
  StopReplicationToReplica: stopReplicationToReplica,
  TagResource: tagResource,
  UntagResource: untagResource,
  UpdateSecret: updateSecret,
  UpdateSecretVersionStage: updateSecretVersionStage,
}

/** Those that a stale state may answer. */
export const reads: ReadonlySet<string> = new Set([
  'BatchGetSecretValue',
  'DescribeSecret',
  'GetSecretValue',
  'ListSecretVersionIds',
  'ListSecrets',
])
