import { type Input, required } from '../input.ts'
import type { SecretState, Version } from '../model.ts'
import type { Located } from '../regions.ts'
import { type Request, seenBy } from '../world.ts'
import { missing } from './read.ts'

/** Works on a secret that is scheduled for deletion, and shows versions under a label only, empty ones too. */
export function describeSecret(request: Request, input: Input): object {
  const found = request.world.regions.locate(request.region, required(input, 'SecretId'))
  const state = seenBy(request, found)
  if (!state) throw missing()
  const stages = stagesByVersion(state)
  return {
    ...metadata(found, state),
    ...(stages && { VersionIdsToStages: stages }),
    ...replication(request, found, state),
  }
}

/** What DescribeSecret and ListSecrets have in common. */
export function metadata(found: Located, state: SecretState): object {
  return drop({
    ARN: state.arn,
    Name: state.name,
    Type: state.type,
    Description: state.description,
    KmsKeyId: state.kmsKeyId,
    ...rotation(state),
    LastChangedDate: seconds(state.changedAt),
    LastAccessedDate: seconds(found.record.accessedAt),
    DeletedDate: seconds(state.deletedAt),
    Tags: state.tagged ? [...state.tags].map(([Key, Value]) => ({ Key, Value })) : undefined,
    OwningService: state.owningService,
    CreatedDate: seconds(state.createdAt),
    // Recorded on AWS: absent from a secret that was never replicated.
    PrimaryRegion: state.replicas.size || found.replicaIn !== undefined ? state.primaryRegion : undefined,
  })
}

/** Null while rotation is off (service model): LastRotatedDate, NextRotationDate. The schedule stays visible. */
function rotation(state: SecretState): object {
  const settings = state.rotation
  if (!settings) return {}
  return {
    RotationEnabled: settings.enabled,
    RotationLambdaARN: settings.lambdaArn,
    RotationRules: settings.rules,
    ExternalSecretRotationRoleArn: settings.roleArn,
    ExternalSecretRotationMetadata: settings.metadata,
    LastRotatedDate: settings.enabled ? seconds(settings.lastRotatedAt) : undefined,
    NextRotationDate: settings.enabled ? seconds(settings.nextAt) : undefined,
  }
}

export function stagesByVersion(state: SecretState): Record<string, string[]> | undefined {
  const labelled = [...state.versions.values()].filter((version: Version) => version.stages.size > 0)
  if (labelled.length === 0) return undefined
  return Object.fromEntries(labelled.map(version => [version.id, [...version.stages].sort()]))
}

export function replication(request: Request, found: Located, state: SecretState): object {
  if (found.replicaIn !== undefined || state.replicas.size === 0) return {}
  return {
    ReplicationStatus: [...state.replicas.values()].map(replica =>
      drop({
        Region: replica.region,
        KmsKeyId: replica.kmsKeyId ?? 'alias/aws/secretsmanager',
        Status: request.world.regions.replicaStatus(found.record, replica.region),
        StatusMessage: replica.failure,
      }),
    ),
  }
}

export const seconds = (at: number | undefined): number | undefined => (at === undefined ? undefined : at / 1000)

export const drop = (object: object): object =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined))
