/** Of CreateSecret, PutSecretValue, UpdateSecret and tags. */
import assert from 'node:assert/strict'
import {
  CreateSecretCommand,
  DescribeSecretCommand,
  TagResourceCommand,
  UpdateSecretCommand,
} from '@aws-sdk/client-secrets-manager'
import * as x from '../emulated.ts'
import type { Behaviour } from './behaviour.ts'

const { FIRST, SECOND, THIRD, SECRET } = x

export const writing: readonly Behaviour[] = [
  {
    behaviour: "the token of CreateSecret is its version's id, and the same call again changes nothing",
    source: 'CreateSecret, ClientRequestToken',
    aws: async on => {
      assert.equal((await x.create(on)).VersionId, FIRST)
      assert.equal((await x.create(on)).VersionId, FIRST)
      assert.deepEqual(await x.labels(on), { [FIRST]: ['AWSCURRENT'] })
    },
  },
  {
    behaviour: 'the name of a secret that is there: ResourceExistsException',
    source: 'CreateSecret',
    aws: async on => {
      await x.create(on)
      const again = new CreateSecretCommand({ Name: SECRET, SecretString: 'x', ClientRequestToken: SECOND })
      await x.refusedAs('ResourceExistsException', on.client.send(again))
    },
  },
  {
    behaviour: 'the same token and value again: nothing changes',
    source: 'PutSecretValue, ClientRequestToken',
    aws: async on => {
      await x.withPending(on)
      const before = await x.labels(on)
      await x.put(on, SECOND, 'second', ['AWSPENDING'])
      assert.deepEqual(await x.labels(on), before)
    },
  },
  {
    behaviour: 'the same token with another value for a pending version: ResourceExistsException',
    source: 'PutSecretValue, ClientRequestToken',
    aws: async on => {
      await x.withPending(on)
      await x.refusedAs('ResourceExistsException', x.put(on, SECOND, 'other', ['AWSPENDING']))
    },
    moto: async on => {
      await x.withPending(on)
      await x.put(on, SECOND, 'other', ['AWSPENDING'])
      assert.equal(await x.value(on, { VersionStage: 'AWSPENDING' }), 'other')
    },
  },
  {
    behaviour: 'the same token with another value for the current version: ResourceExistsException',
    source: 'PutSecretValue, ClientRequestToken',
    aws: async on => {
      await x.create(on)
      await x.refusedAs('ResourceExistsException', x.put(on, FIRST, 'other'))
    },
  },
  {
    behaviour: 'a put without labels is current at once, and its predecessor previous',
    source: 'PutSecretValue, VersionStages',
    aws: async on => {
      await x.create(on)
      await x.put(on, SECOND, 'second')
      assert.deepEqual(await x.labels(on), { [FIRST]: ['AWSPREVIOUS'], [SECOND]: ['AWSCURRENT'] })
    },
  },
  {
    behaviour: 'a put takes AWSPENDING from the version that had it',
    source: 'PutSecretValue, VersionStages',
    aws: async on => {
      await x.withPending(on)
      await x.put(on, THIRD, 'third', ['AWSPENDING'])
      assert.deepEqual((await x.labels(on))[THIRD], ['AWSPENDING'])
      assert.deepEqual((await x.labels(on))[SECOND] ?? [], [])
    },
  },
  {
    behaviour: 'a put under a label of our own leaves AWSPENDING and AWSCURRENT where they are',
    source: 'PutSecretValue, VersionStages',
    aws: async on => {
      await x.withPending(on)
      await x.put(on, THIRD, 'third', ['OWN_1', 'OWN_2'])
      const expected = { [FIRST]: ['AWSCURRENT'], [SECOND]: ['AWSPENDING'], [THIRD]: ['OWN_1', 'OWN_2'] }
      assert.deepEqual(await x.labels(on), expected)
    },
  },
  {
    behaviour: 'a put after a promotion: one version is current',
    source: 'PutSecretValue',
    aws: async on => {
      await x.promoted(on)
      await x.put(on, THIRD, 'third')
      const current = Object.entries(await x.labels(on)).filter(([, stages]) => stages.includes('AWSCURRENT'))
      assert.deepEqual(
        current.map(([id]) => id),
        [THIRD],
      )
    },
    moto: async on => {
      await x.promoted(on)
      await x.put(on, THIRD, 'third')
      const { [SECOND]: second, [THIRD]: third } = await x.labels(on)
      assert.deepEqual([second, third], [['AWSCURRENT', 'AWSPENDING'], ['AWSCURRENT']])
    },
  },
  {
    behaviour: 'a token of fewer than 32 characters is refused',
    source: 'PutSecretValue, ClientRequestToken',
    aws: async on => {
      await x.create(on)
      await x.refused(x.put(on, 'short', 'second'))
    },
  },
  {
    behaviour: 'a value of 65,536 bytes is kept as it is',
    source: 'PutSecretValue, SecretString',
    aws: async on => {
      const long = 'ä'.repeat(32_768)
      await x.create(on)
      await x.put(on, SECOND, long)
      assert.equal(await x.value(on, { VersionStage: 'AWSCURRENT' }), long)
    },
  },
  {
    behaviour: 'a value of 65,537 bytes is refused',
    source: 'PutSecretValue, SecretString',
    aws: async on => {
      await x.create(on)
      await x.refused(x.put(on, SECOND, 'x'.repeat(65_537)))
    },
    moto: async on => {
      await x.create(on)
      await x.put(on, SECOND, 'x'.repeat(65_537))
    },
  },
  {
    behaviour: 'UpdateSecret with the token of a version that is there: ResourceExistsException',
    source: 'UpdateSecret, ClientRequestToken',
    aws: async on => {
      await x.withPending(on)
      const update = new UpdateSecretCommand({ SecretId: SECRET, SecretString: 'other', ClientRequestToken: SECOND })
      await x.refusedAs('ResourceExistsException', on.client.send(update))
    },
    moto: async on => {
      await x.withPending(on)
      const update = new UpdateSecretCommand({ SecretId: SECRET, SecretString: 'other', ClientRequestToken: SECOND })
      await on.client.send(update)
      assert.equal(await x.value(on, { VersionStage: 'AWSCURRENT' }), 'other')
    },
  },
  {
    behaviour: 'tags are added to those that are there',
    source: 'TagResource',
    aws: async on => {
      await x.create(on)
      for (const Key of ['a', 'b'])
        await on.client.send(new TagResourceCommand({ SecretId: SECRET, Tags: [{ Key, Value: 'x' }] }))
      const { Tags = [] } = await on.client.send(new DescribeSecretCommand({ SecretId: SECRET }))
      assert.deepEqual(Tags.map(({ Key }) => Key).sort(), ['a', 'b'])
    },
  },
]
