/** Of deletion and replicas. */
import assert from 'node:assert/strict'
import {
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  ReplicateSecretToRegionsCommand,
  StopReplicationToReplicaCommand,
} from '@aws-sdk/client-secrets-manager'
import * as x from '../emulated.ts'
import type { Behaviour } from './behaviour.ts'

const { SECOND, SECRET } = x

export const lifecycle: readonly Behaviour[] = [
  {
    behaviour: 'a secret that is scheduled for deletion cannot be read: InvalidRequestException',
    source: 'DeleteSecret',
    aws: async on => {
      await x.create(on)
      await on.client.send(new DeleteSecretCommand({ SecretId: SECRET, RecoveryWindowInDays: 7 }))
      await x.refusedAs('InvalidRequestException', on.client.send(new GetSecretValueCommand({ SecretId: SECRET })))
    },
  },
  {
    behaviour: 'a secret that is scheduled for deletion takes no value',
    source: 'DeleteSecret',
    aws: async on => {
      await x.create(on)
      await on.client.send(new DeleteSecretCommand({ SecretId: SECRET, RecoveryWindowInDays: 7 }))
      await x.refused(x.put(on, SECOND, 'second'))
    },
    moto: async on => {
      await x.create(on)
      await on.client.send(new DeleteSecretCommand({ SecretId: SECRET, RecoveryWindowInDays: 7 }))
      await x.put(on, SECOND, 'second')
    },
  },
  {
    behaviour: 'DescribeSecret tells that a secret is scheduled for deletion',
    source: 'DescribeSecret, DeletedDate',
    aws: async on => {
      await x.create(on)
      await on.client.send(new DeleteSecretCommand({ SecretId: SECRET, RecoveryWindowInDays: 7 }))
      const { DeletedDate } = await on.client.send(new DescribeSecretCommand({ SecretId: SECRET }))
      assert.ok(DeletedDate instanceof Date)
    },
  },
  {
    behaviour: 'a replica has the value, says where its primary is, and takes no writes',
    source: 'ReplicateSecretToRegions',
    aws: async on => {
      await x.create(on)
      const AddReplicaRegions = [{ Region: 'eu-west-1' }]
      await on.client.send(new ReplicateSecretToRegionsCommand({ SecretId: SECRET, AddReplicaRegions }))
      const there = on.elsewhere('eu-west-1')
      assert.equal((await there.send(new GetSecretValueCommand({ SecretId: SECRET }))).SecretString, 'first')
      const { PrimaryRegion } = await there.send(new DescribeSecretCommand({ SecretId: SECRET }))
      assert.equal(PrimaryRegion, 'us-east-1')
      await x.refused(there.send(new PutSecretValueCommand({ SecretId: SECRET, SecretString: 'second' })))
    },
  },
  {
    behaviour: 'a replica follows its primary',
    source: 'ReplicateSecretToRegions',
    aws: async on => {
      await x.create(on)
      const AddReplicaRegions = [{ Region: 'eu-west-1' }]
      await on.client.send(new ReplicateSecretToRegionsCommand({ SecretId: SECRET, AddReplicaRegions }))
      await x.put(on, SECOND, 'second')
      const read = new GetSecretValueCommand({ SecretId: SECRET, VersionStage: 'AWSCURRENT' })
      assert.equal((await on.elsewhere('eu-west-1').send(read)).SecretString, 'second')
    },
  },
  {
    behaviour: 'a replica that is told to stop in its own region takes writes',
    source: 'StopReplicationToReplica',
    aws: async on => {
      await x.create(on)
      const AddReplicaRegions = [{ Region: 'eu-west-1' }]
      await on.client.send(new ReplicateSecretToRegionsCommand({ SecretId: SECRET, AddReplicaRegions }))
      const there = on.elsewhere('eu-west-1')
      await there.send(new StopReplicationToReplicaCommand({ SecretId: SECRET }))
      await there.send(new PutSecretValueCommand({ SecretId: SECRET, SecretString: 'second' }))
    },
    // there is no such operation: it answers with a page of HTML
    moto: async on => {
      await x.create(on)
      const AddReplicaRegions = [{ Region: 'eu-west-1' }]
      await on.client.send(new ReplicateSecretToRegionsCommand({ SecretId: SECRET, AddReplicaRegions }))
      await x.refused(on.elsewhere('eu-west-1').send(new StopReplicationToReplicaCommand({ SecretId: SECRET })))
    },
  },
  {
    behaviour: 'a primary with replicas is not deleted',
    source: 'DeleteSecret',
    aws: async on => {
      await x.create(on)
      const AddReplicaRegions = [{ Region: 'eu-west-1' }]
      await on.client.send(new ReplicateSecretToRegionsCommand({ SecretId: SECRET, AddReplicaRegions }))
      await x.refused(on.client.send(new DeleteSecretCommand({ SecretId: SECRET })))
    },
  },
]
