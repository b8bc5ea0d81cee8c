/**
 * A native replica, asked in its own region [fake]. Planted: `from` where the replica stands alone;
 * a repeated detach that fails; the ARN of the primary passed on as it is: each failed here.
 */
import { ReplicateSecretToRegionsCommand } from '@aws-sdk/client-secrets-manager'
import { beforeEach, describe, expect, it } from 'vitest'
import { AwsNativeReplica } from '../../aws/native-replica.ts'
import { Requests } from '../../aws/requests.ts'
import { SecretValue } from '../../core/secret/secret-value.ts'
import { Place } from './support.ts'

const ID = 'prod/app'
const EU = 'eu-west-1'

let place: Place
let arn: string
const replicaAs = (accessKeyId: string, region = EU) => {
  const credentials = { accessKeyId, secretAccessKey: 'test' }
  return new AwsNativeReplica(new Requests(place.fake.inProcessClient({ region, credentials }), place.clock))
}
const currentOf = (region?: string) =>
  [...place.fake.service.peek(ID, region).versions].find(([, { stages }]) => stages.includes('AWSCURRENT'))![0]

beforeEach(async () => {
  place = new Place()
  arn = place.fake.service.createSecret({ name: ID, value: 'first' }).arn
  const add = { SecretId: ID, AddReplicaRegions: [{ Region: EU }] }
  await place.fake.inProcessClient().send(new ReplicateSecretToRegionsCommand(add))
})

describe('a native replica [fake]', () => {
  it('shows what its own region has, which may be older', async () => {
    const { replication } = place.fake.service
    expect(await replicaAs('eu').look(ID, place.call())).toEqual({ version: currentOf(), from: 'us-east-1' })
    const before = currentOf()
    replication.pause(EU)
    place.clock.time += 1
    place.fake.service.putAsPerson(ID, 'second')
    expect(await replicaAs('eu').look(ID, place.call())).toEqual({ version: before, from: 'us-east-1' })
    replication.resume(EU)
    expect(await replicaAs('eu').look(ID, place.call())).toMatchObject({ version: currentOf() })
    expect(currentOf()).not.toBe(before)
  })

  it('is found by the primary’s ARN too', async () => {
    expect(await replicaAs('eu').look(arn, place.call())).toMatchObject({ from: 'us-east-1' })
    await replicaAs('eu').detach(arn, place.call())
    expect(await replicaAs('eu').look(arn, place.call())).toEqual({ version: currentOf(EU) })
  })

  it('that is not there is absent, and the primary is a copy of nothing', async () => {
    expect(await replicaAs('eu', 'eu-north-1').look(ID, place.call())).toBeUndefined()
    expect(await replicaAs('us', 'us-east-1').look(ID, place.call())).toEqual({ version: currentOf() })
    await expect(replicaAs('eu', 'eu-north-1').detach(ID, place.call())).rejects.toMatchObject({
      code: 'secret-not-found',
    })
  })

  it('whose description or detaching is not allowed: the action is named', async () => {
    place.fake.permissions.denyAction('blind', 'DescribeSecret')
    await expect(replicaAs('blind').look(ID, place.call())).rejects.toMatchObject({
      code: 'access-denied',
      message: `secretsmanager:DescribeSecret on ${ID} is not allowed.`,
    })
    place.fake.permissions.denyAction('weak', 'StopReplicationToReplica')
    await expect(replicaAs('weak').detach(ID, place.call())).rejects.toMatchObject({
      code: 'access-denied',
      message: `secretsmanager:StopReplicationToReplica on ${ID} is not allowed.`,
    })
    expect(await replicaAs('eu').look(ID, place.call())).toMatchObject({ from: 'us-east-1' })
  })

  it('is detached once; a repetition, another’s at the same time and one without an answer change nothing more', async () => {
    const both = [replicaAs('eu').detach(ID, place.call()), replicaAs('eu').detach(ID, place.call())]
    await Promise.all(both)
    const calls = place.fake.calls.count('StopReplicationToReplica')
    await replicaAs('eu').detach(ID, place.call())
    expect(place.fake.calls.count('StopReplicationToReplica')).toBe(calls)
    expect(place.fake.calls.list.filter(({ op }) => op.startsWith('Stop')).map(({ region }) => region)).toContain(EU)
  })

  it('is detached although the answer was lost', async () => {
    place.fake.faults.next('StopReplicationToReplica', 'lost-answer', 3)
    await replicaAs('eu').detach(ID, place.call())
    expect(await replicaAs('eu').look(ID, place.call())).toEqual({ version: currentOf(EU) })
  })

  it('refuses writes before, and takes them by the store of its region after', async () => {
    const { AwsSecretStore } = await import('../../aws/secret-store.ts')
    const client = place.fake.inProcessClient({ region: EU })
    const store = new AwsSecretStore(new Requests(client, place.clock), place.clock)
    await expect(store.put(ID, SecretValue.of('its own'), place.call())).rejects.toMatchObject({
      code: 'refused',
      message: 'This is a replica; the secret is rotated in us-east-1.',
    })
    await replicaAs('eu').detach(ID, place.call())
    const { version } = await store.put(ID, SecretValue.of('its own'), place.call())
    expect(currentOf(EU)).toBe(version)
    expect(currentOf()).not.toBe(version)
  })
})
