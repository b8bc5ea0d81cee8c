// Replicas. Source: service model (ReplicateSecretToRegions, StopReplicationToReplica, DeleteSecret, ReplicationStatusType);
// User Guide, "Promote a replica secret"; error class and texts in gruntwork-io/cloud-nuke issue 435.
import { expect, it } from 'vitest'
import { labels, refused, stage, token } from './secrets-manager/support.ts'

const NAME = 'prod/app/db'
const EU = 'eu-west-1'

async function replicated() {
  const at = await stage()
  const { endpoint } = await at.fake.openRegion(EU)
  const eu = at.open({ endpoint, region: EU })
  const Tags = [{ Key: 'team', Value: 'x' }]
  const { ARN } = await at.sdk.createSecret({ Name: NAME, SecretString: 'one', ClientRequestToken: token('one'), Tags })
  const add = { SecretId: NAME, AddReplicaRegions: [{ Region: EU }] }
  return Object.assign(at, { eu, arn: ARN!, replicate: () => at.sdk.replicateSecretToRegions(add) })
}

it('a replica has the same name, suffix, versions, labels and tags under its own region', async () => {
  await using at = await replicated()
  expect((await at.replicate()).ReplicationStatus).toMatchObject([{ Region: EU, Status: 'InSync' }])
  const replica = await at.eu.describeSecret({ SecretId: NAME })
  expect(replica).toMatchObject({ ARN: at.arn.replace('us-east-1', EU), PrimaryRegion: 'us-east-1', Name: NAME })
  expect(replica.Tags).toEqual([{ Key: 'team', Value: 'x' }])
  expect(replica.ReplicationStatus).toBeUndefined()
  expect((await at.sdk.describeSecret({ SecretId: NAME })).PrimaryRegion).toBe('us-east-1')
  await at.sdk.putSecretValue({ SecretId: NAME, SecretString: 'two', ClientRequestToken: token('two') })
  expect(await labels(at.eu, NAME)).toEqual(await labels(at.sdk, NAME))
  expect((await at.eu.getSecretValue({ SecretId: NAME })).SecretString).toBe('two')
})

it('is read-only', async () => {
  await using at = await replicated()
  await at.replicate()
  const SecretId = NAME
  const calls = [
    at.eu.putSecretValue({ SecretId, SecretString: 'x' }),
    at.eu.updateSecret({ SecretId, SecretString: 'x' }),
    at.eu.updateSecretVersionStage({ SecretId, VersionStage: 'MINE', MoveToVersionId: token('one') }),
    at.eu.tagResource({ SecretId, Tags: [{ Key: 'a', Value: 'b' }] }),
    at.eu.rotateSecret({ SecretId, RotationLambdaARN: 'arn:aws:lambda:eu-west-1:1:function:f' }),
    at.eu.putResourcePolicy({ SecretId, ResourcePolicy: '{}' }),
    at.eu.deleteSecret({ SecretId }),
  ]
  for (const call of calls) {
    const { message } = await refused(call, 'InvalidParameterException')
    expect(message).toBe("Operation not permitted on a replica secret. Call must be made in primary secret's region.")
  }
})

it('lags: created, and then updated, only after a while; the status speaks of creation alone', async () => {
  await using at = await replicated()
  at.fake.service.replication.lagMs = 5000
  expect((await at.replicate()).ReplicationStatus).toMatchObject([{ Status: 'InProgress' }])
  await refused(at.eu.getSecretValue({ SecretId: NAME }), 'ResourceNotFoundException')
  at.pass(5000)
  expect((await at.eu.getSecretValue({ SecretId: NAME })).SecretString).toBe('one')
  await at.sdk.putSecretValue({ SecretId: NAME, SecretString: 'two' })
  at.pass(4999)
  expect((await at.eu.getSecretValue({ SecretId: NAME })).SecretString).toBe('one')
  expect((await at.sdk.describeSecret({ SecretId: NAME })).ReplicationStatus).toMatchObject([{ Status: 'InSync' }])
  at.pass(1)
  expect((await at.eu.getSecretValue({ SecretId: NAME })).SecretString).toBe('two')
})

it('can be held back until it is let go', async () => {
  await using at = await replicated()
  await at.replicate()
  at.pass(1)
  at.fake.service.replication.pause(EU)
  at.pass(1)
  await at.sdk.putSecretValue({ SecretId: NAME, SecretString: 'two' })
  at.pass(1_000_000)
  expect((await at.eu.getSecretValue({ SecretId: NAME })).SecretString).toBe('one')
  at.fake.service.replication.resume(EU)
  expect((await at.eu.getSecretValue({ SecretId: NAME })).SecretString).toBe('two')
})

it('sticks, where it was told to, when a label is moved before the replica shows the move before', async () => {
  await using at = await replicated()
  await at.replicate()
  const { replication } = at.fake.service
  replication.lagMs = 1000
  at.pass(1000)
  const move = (VersionStage: string) =>
    at.sdk.updateSecretVersionStage({ SecretId: NAME, VersionStage, MoveToVersionId: token('one') })
  await move('FIRST')
  await move('SECOND')
  at.pass(1000)
  expect(Object.keys(await labels(at.eu, NAME))).toEqual(['AWSCURRENT', 'FIRST', 'SECOND'])
  replication.sticks = true
  await move('THIRD')
  at.pass(1000)
  await move('FOURTH')
  at.pass(1000)
  expect(replication.isStuck(EU, NAME)).toBe(false)
  expect(Object.keys(await labels(at.eu, NAME))).toContain('FOURTH')
  await move('FIFTH')
  at.pass(999)
  await move('SIXTH')
  at.pass(1_000_000)
  expect(replication.isStuck(EU, NAME)).toBe(true)
  await at.sdk.putSecretValue({ SecretId: NAME, SecretString: 'two' })
  at.pass(1_000_000)
  expect((await at.eu.getSecretValue({ SecretId: NAME })).SecretString).toBe('one')
  expect(Object.keys(await labels(at.eu, NAME))).not.toContain('FIFTH')
  expect((await at.sdk.describeSecret({ SecretId: NAME })).ReplicationStatus).toMatchObject([{ Status: 'InSync' }])
  await at.eu.stopReplicationToReplica({ SecretId: NAME })
  await at.eu.putSecretValue({ SecretId: NAME, SecretString: 'its own' })
  expect((await at.eu.getSecretValue({ SecretId: NAME })).SecretString).toBe('its own')
})

it('StopReplicationToReplica, in its region, makes it a secret of its own without rotation', async () => {
  await using at = await replicated()
  await at.replicate()
  await at.sdk.rotateSecret({ SecretId: NAME, RotationLambdaARN: 'arn:aws:lambda:us-east-1:1:function:f' })
  await refused(at.sdk.stopReplicationToReplica({ SecretId: NAME }), 'InvalidParameterException')
  const { ARN } = await at.eu.stopReplicationToReplica({ SecretId: NAME })
  expect(ARN).toBe(at.arn.replace('us-east-1', EU))
  await at.eu.putSecretValue({ SecretId: NAME, SecretString: 'europe' })
  await at.sdk.putSecretValue({ SecretId: NAME, SecretString: 'america' })
  expect((await at.eu.getSecretValue({ SecretId: ARN! })).SecretString).toBe('europe')
  expect((await at.sdk.getSecretValue({ SecretId: NAME })).SecretString).toBe('america')
  const promoted = await at.eu.describeSecret({ SecretId: NAME })
  expect(promoted.RotationEnabled).toBeUndefined()
  expect(promoted.Tags).toEqual([{ Key: 'team', Value: 'x' }])
})

it('a primary with replicas cannot be deleted; a removed replica is gone at once', async () => {
  await using at = await replicated()
  await at.replicate()
  const { message } = await refused(at.sdk.deleteSecret({ SecretId: NAME }), 'InvalidParameterException')
  expect(message).toBe(`You can't delete secret ${at.arn} that still has replica regions [${EU}].`)
  const input = { SecretId: NAME, RemoveReplicaRegions: [EU] }
  expect((await at.sdk.removeRegionsFromReplication(input)).ReplicationStatus).toEqual([])
  await refused(at.eu.describeSecret({ SecretId: NAME }), 'ResourceNotFoundException')
  await at.sdk.deleteSecret({ SecretId: NAME })
})

it('fails where the name is taken, unless it may be overwritten', async () => {
  await using at = await replicated()
  await at.eu.createSecret({ Name: NAME, SecretString: 'europe' })
  const message = 'Secret with this name already exists in this region'
  expect((await at.replicate()).ReplicationStatus).toMatchObject([{ Status: 'Failed', StatusMessage: message }])
  expect((await at.eu.getSecretValue({ SecretId: NAME })).SecretString).toBe('europe')
  const AddReplicaRegions = [{ Region: EU }]
  await at.sdk.replicateSecretToRegions({ SecretId: NAME, AddReplicaRegions, ForceOverwriteReplicaSecret: true })
  expect((await at.eu.getSecretValue({ SecretId: NAME })).SecretString).toBe('one')
})

it('CreateSecret may add replicas; ListSecrets of a region shows them, and filters by primary-region', async () => {
  await using at = await replicated()
  const created = await at.sdk.createSecret({ Name: 'second', SecretString: 'x', AddReplicaRegions: [{ Region: EU }] })
  expect(created.ReplicationStatus).toMatchObject([{ Region: EU, Status: 'InSync' }])
  await at.eu.createSecret({ Name: 'own' })
  const names = async (Values: string[]) =>
    (await at.eu.listSecrets({ Filters: [{ Key: 'primary-region', Values }] })).SecretList!.map(each => each.Name)
  expect(await names(['us-'])).toEqual(['second'])
  expect(await names(['!us-'])).toEqual(['own'])
})

it('is encrypted with a key of its own region, aws/secretsmanager unless another is named', async () => {
  await using at = await replicated()
  const add = (Region: string, KmsKeyId?: string) => ({ Region, ...(KmsKeyId && { KmsKeyId }) })
  const AddReplicaRegions = [add(EU), add('eu-north-1', 'alias/north')]
  await at.sdk.createSecret({ Name: 'keyed', SecretString: 'x', KmsKeyId: 'alias/home', AddReplicaRegions })
  at.fake.service.kms.disable('alias/home')
  await refused(at.sdk.getSecretValue({ SecretId: 'keyed' }), 'DecryptionFailure')
  expect((await at.eu.getSecretValue({ SecretId: 'keyed' })).SecretString).toBe('x')
  expect((await at.eu.describeSecret({ SecretId: 'keyed' })).KmsKeyId).toBeUndefined()
  const { endpoint } = await at.fake.openRegion('eu-north-1')
  const north = at.open({ endpoint, region: 'eu-north-1' })
  expect((await north.describeSecret({ SecretId: 'keyed' })).KmsKeyId).toBe('alias/north')
  at.fake.service.kms.disable('alias/north')
  await refused(north.getSecretValue({ SecretId: 'keyed' }), 'DecryptionFailure')
})
