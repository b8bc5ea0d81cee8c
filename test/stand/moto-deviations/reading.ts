/** Of reads and lists. */
import assert from 'node:assert/strict'
import {
  BatchGetSecretValueCommand,
  CreateSecretCommand,
  DescribeSecretCommand,
  ListSecretsCommand,
  ListSecretVersionIdsCommand,
} from '@aws-sdk/client-secrets-manager'
import * as x from '../emulated.ts'
import type { Behaviour } from './behaviour.ts'

const { FIRST, SECOND, UNKNOWN, SECRET } = x

export const reading: readonly Behaviour[] = [
  {
    behaviour: 'a read names AWSCURRENT when it names nothing',
    source: 'GetSecretValue',
    aws: async on => {
      await x.promoted(on)
      assert.equal(await x.value(on), 'second')
    },
    moto: async on => {
      await x.promoted(on)
      assert.equal(await x.value(on), 'first') // the version that was current before
    },
  },
  {
    behaviour: 'a read of AWSCURRENT, AWSPENDING, AWSPREVIOUS by label follows the labels',
    source: 'GetSecretValue',
    aws: async on => {
      await x.withPending(on)
      assert.equal(await x.value(on, { VersionStage: 'AWSPENDING' }), 'second')
      await x.move(on, 'AWSCURRENT', SECOND, FIRST)
      assert.equal(await x.value(on, { VersionStage: 'AWSCURRENT' }), 'second')
      assert.equal(await x.value(on, { VersionStage: 'AWSPREVIOUS' }), 'first')
    },
  },
  {
    behaviour: 'a batch reads what AWSCURRENT names',
    source: 'BatchGetSecretValue',
    aws: async on => {
      await x.promoted(on)
      const got = await on.client.send(new BatchGetSecretValueCommand({ SecretIdList: [SECRET] }))
      assert.equal(got.SecretValues?.[0]?.SecretString, 'second')
    },
    moto: async on => {
      await x.promoted(on)
      const got = await on.client.send(new BatchGetSecretValueCommand({ SecretIdList: [SECRET] }))
      assert.equal(got.SecretValues?.[0]?.SecretString, 'first')
    },
  },
  {
    behaviour: 'a version id and a label that is not on it: refused',
    source: 'GetSecretValue',
    aws: async on => {
      await x.withPending(on)
      await x.refused(x.value(on, { VersionId: SECOND, VersionStage: 'AWSCURRENT' }))
    },
  },
  {
    behaviour: 'a secret, version or label that is not there: ResourceNotFoundException',
    source: 'GetSecretValue',
    aws: async on => {
      await x.refusedAs('ResourceNotFoundException', x.value(on))
      await x.create(on)
      await x.refusedAs('ResourceNotFoundException', x.value(on, { VersionId: UNKNOWN }))
      await x.refusedAs('ResourceNotFoundException', x.value(on, { VersionStage: 'AWSPENDING' }))
    },
  },
  {
    behaviour: 'what is not there is answered with HTTP 400',
    source: 'GetSecretValue, errors',
    aws: async on => assert.equal((await x.refused(x.value(on))).status, 400),
    moto: async on => assert.equal((await x.refused(x.value(on))).status, 404),
  },
  {
    behaviour: 'DescribeSecret tells every version that has a label',
    source: 'DescribeSecret',
    aws: async on => {
      await x.promoted(on)
      const { VersionIdsToStages } = await on.client.send(new DescribeSecretCommand({ SecretId: SECRET }))
      assert.deepEqual(Object.keys(VersionIdsToStages ?? {}).sort(), [FIRST, SECOND])
    },
  },
  {
    behaviour: 'a version without labels is not listed unless asked for',
    source: 'ListSecretVersionIds',
    aws: async on => {
      await x.withPending(on)
      await x.move(on, 'AWSPENDING', undefined, SECOND)
      const listed = await on.client.send(new ListSecretVersionIdsCommand({ SecretId: SECRET }))
      assert.deepEqual(
        listed.Versions?.map(({ VersionId }) => VersionId),
        [FIRST],
      )
    },
    moto: async on => {
      await x.withPending(on)
      await x.move(on, 'AWSPENDING', undefined, SECOND)
      const listed = await on.client.send(new ListSecretVersionIdsCommand({ SecretId: SECRET }))
      assert.deepEqual(
        listed.Versions?.map(({ VersionId }) => VersionId),
        [FIRST, SECOND],
      )
    },
  },
  {
    behaviour: 'a list of versions names the ARN of the secret',
    source: 'ListSecretVersionIds',
    aws: async on => {
      const { ARN } = await x.create(on)
      const listed = await on.client.send(new ListSecretVersionIdsCommand({ SecretId: SECRET }))
      assert.equal(listed.ARN, ARN)
    },
    moto: async on => {
      await x.create(on)
      const listed = await on.client.send(new ListSecretVersionIdsCommand({ SecretId: SECRET }))
      assert.equal(listed.ARN, SECRET)
    },
  },
  {
    behaviour: 'secrets are found by the beginning of a name, page by page',
    source: 'ListSecrets',
    aws: async ({ client }) => {
      for (const Name of ['app/a', 'app/b', 'other'])
        await client.send(new CreateSecretCommand({ Name, SecretString: 'value' }))
      const Filters = [{ Key: 'name' as const, Values: ['app/'] }]
      const page = await client.send(new ListSecretsCommand({ Filters, MaxResults: 1 }))
      const next = await client.send(new ListSecretsCommand({ Filters, MaxResults: 1, NextToken: page.NextToken! }))
      const names = [page, next].flatMap(({ SecretList = [] }) => SecretList.map(({ Name }) => Name))
      assert.deepEqual(names.sort(), ['app/a', 'app/b'])
      assert.equal(next.NextToken, undefined)
    },
  },
]
