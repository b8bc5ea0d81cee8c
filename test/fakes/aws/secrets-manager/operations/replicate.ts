import { invalidParameter } from '../errors.ts'
import { flag, type Input, list, required } from '../input.ts'
import { copyState, type SecretState } from '../model.ts'
import { SecretRecord } from '../record.ts'
import { arnIn } from '../regions.ts'
import type { Request } from '../world.ts'
import { replication } from './describe.ts'

interface ReplicaRegion {
  readonly Region?: string
  readonly KmsKeyId?: string
}

export function replicateSecretToRegions(request: Request, input: Input): object {
  const record = request.world.regions.writable(request.region, required(input, 'SecretId'))
  const regions = list<ReplicaRegion>(input, 'AddReplicaRegions') ?? []
  replicate(request, record, regions, flag(input, 'ForceOverwriteReplicaSecret') ?? false)
  return status(request, record)
}

/** A region where a secret has the name already is `Failed` with a message, unless it may be overwritten. */
export function replicate(
  request: Request,
  record: SecretRecord,
  regions: readonly ReplicaRegion[],
  overwrite: boolean,
): void {
  const { world } = request
  for (const { Region: region, KmsKeyId: kmsKeyId } of regions) {
    if (!region || region === record.state.primaryRegion) {
      throw invalidParameter('Invalid replica region. The replica region must differ from the primary region.')
    }
    const taken = world.regions.records(region).find(other => other.state.name === record.state.name)
    if (taken && overwrite) world.regions.remove(region, taken.state.arn)
    const at = world.now()
    record.update(at, draft => {
      draft.replicas.set(region, {
        region,
        createdAt: at,
        ...(kmsKeyId !== undefined && { kmsKeyId }),
        ...(taken && !overwrite && { failure: 'Secret with this name already exists in this region' }),
      })
    })
  }
}

/** A replica is deleted at once (DeleteSecret). */
export function removeRegionsFromReplication(request: Request, input: Input): object {
  const record = request.world.regions.writable(request.region, required(input, 'SecretId'))
  record.update(request.world.now(), draft => {
    for (const region of list<string>(input, 'RemoveReplicaRegions') ?? []) draft.replicas.delete(region)
  })
  return status(request, record)
}

/** In the replica's Region: what it shows now becomes a secret of its own. Rotation has to be set up anew there. */
export function stopReplicationToReplica(request: Request, input: Input): object {
  const { world, region } = request
  const found = world.regions.locate(region, required(input, 'SecretId'))
  if (found.replicaIn === undefined) throw invalidParameter('Operation is only permitted on a replica secret.')
  const promoted: SecretState = { ...copyState(found.state), primaryRegion: region, replicas: new Map() }
  delete promoted.rotation
  delete promoted.ongoing
  found.record.update(world.now(), draft => {
    draft.replicas.delete(region)
  })
  world.regions.add(region, new SecretRecord(promoted, world.now()))
  return { ARN: arnIn(promoted.arn, region) }
}

function status(request: Request, record: SecretRecord): object {
  const found = request.world.regions.locate(request.region, record.state.arn)
  return { ARN: record.state.arn, ReplicationStatus: [], ...replication(request, found, record.state) }
}
