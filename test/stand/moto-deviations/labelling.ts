/** Of UpdateSecretVersionStage, the compare-and-set that everything rests on. */
import assert from 'node:assert/strict'
import * as x from '../emulated.ts'
import type { Behaviour } from './behaviour.ts'

const { FIRST, SECOND, THIRD, UNKNOWN } = x

export const labelling: readonly Behaviour[] = [
  {
    behaviour: 'AWSPREVIOUS follows AWSCURRENT, and a promotion leaves AWSPENDING where it is',
    source: 'UpdateSecretVersionStage',
    aws: async on => {
      await x.promoted(on)
      assert.deepEqual(await x.labels(on), { [FIRST]: ['AWSPREVIOUS'], [SECOND]: ['AWSCURRENT', 'AWSPENDING'] })
    },
  },
  {
    behaviour: 'AWSCURRENT does not move from a version that no longer has it',
    source: 'UpdateSecretVersionStage, RemoveFromVersionId',
    aws: async on => {
      await x.promoted(on)
      await x.put(on, THIRD, 'third', ['AWSPENDING'])
      const before = await x.labels(on)
      await x.refused(x.move(on, 'AWSCURRENT', THIRD, FIRST))
      assert.deepEqual(await x.labels(on), before)
    },
  },
  {
    behaviour: 'AWSCURRENT does not move without the version that has it being named',
    source: 'UpdateSecretVersionStage, RemoveFromVersionId',
    aws: async on => {
      await x.withPending(on)
      await x.refused(x.move(on, 'AWSCURRENT', SECOND, undefined))
      assert.equal(await x.value(on, { VersionStage: 'AWSCURRENT' }), 'first')
    },
  },
  {
    behaviour: 'a label of our own does not move without the version that has it being named',
    source: 'UpdateSecretVersionStage, RemoveFromVersionId',
    aws: async on => {
      await x.withPending(on)
      await x.move(on, 'OWN_1', FIRST, undefined)
      await x.refused(x.move(on, 'OWN_1', SECOND, undefined))
    },
    moto: async on => {
      await x.withPending(on)
      await x.move(on, 'OWN_1', FIRST, undefined)
      await x.move(on, 'OWN_1', SECOND, undefined)
      assert.deepEqual(await x.labels(on), { [FIRST]: ['AWSCURRENT', 'OWN_1'], [SECOND]: ['AWSPENDING', 'OWN_1'] })
    },
  },
  {
    behaviour: 'AWSPENDING does not move without the version that has it being named',
    source: 'UpdateSecretVersionStage, RemoveFromVersionId',
    aws: async on => {
      await x.withPending(on)
      await x.put(on, THIRD, 'third', ['OWN_1'])
      await x.refused(x.move(on, 'AWSPENDING', THIRD, undefined))
    },
    moto: async on => {
      await x.withPending(on)
      await x.put(on, THIRD, 'third', ['OWN_1'])
      await x.move(on, 'AWSPENDING', THIRD, undefined)
      const { [SECOND]: second, [THIRD]: third } = await x.labels(on)
      assert.deepEqual([second, third], [['AWSPENDING'], ['AWSPENDING', 'OWN_1']]) // two hold it
    },
  },
  {
    behaviour: 'AWSPENDING does not move from a version that no longer has it',
    source: 'UpdateSecretVersionStage, RemoveFromVersionId',
    aws: async on => {
      await x.withPending(on)
      await x.put(on, THIRD, 'third', ['OWN_1'])
      await x.refused(x.move(on, 'AWSPENDING', THIRD, FIRST))
      assert.deepEqual((await x.labels(on))[SECOND], ['AWSPENDING'])
    },
  },
  {
    behaviour: 'a label is not taken off a version that does not have it',
    source: 'UpdateSecretVersionStage, RemoveFromVersionId',
    aws: async on => {
      await x.withPending(on)
      await x.refused(x.move(on, 'AWSPENDING', undefined, FIRST))
      assert.deepEqual((await x.labels(on))[SECOND], ['AWSPENDING'])
    },
  },
  {
    behaviour: 'a label of our own on no version is put on one without another being named',
    source: 'UpdateSecretVersionStage',
    aws: async on => {
      await x.withPending(on)
      await x.move(on, 'OWN_1', FIRST, undefined)
      assert.deepEqual((await x.labels(on))[FIRST], ['AWSCURRENT', 'OWN_1'])
    },
  },
  {
    behaviour: 'a move of AWSPENDING from the version that has it leaves it on one version',
    source: 'UpdateSecretVersionStage',
    aws: async on => {
      await x.withPending(on)
      await x.put(on, THIRD, 'third', ['OWN_1'])
      await x.move(on, 'AWSPENDING', THIRD, SECOND)
      assert.deepEqual((await x.labels(on))[THIRD], ['AWSPENDING', 'OWN_1'])
      assert.deepEqual((await x.labels(on))[SECOND] ?? [], [])
    },
  },
  {
    behaviour: 'a move to a version that is not there changes nothing',
    source: 'UpdateSecretVersionStage',
    aws: async on => {
      await x.withPending(on)
      await x.refused(x.move(on, 'AWSCURRENT', UNKNOWN, FIRST))
      assert.equal(await x.value(on, { VersionStage: 'AWSCURRENT' }), 'first')
    },
    moto: async on => {
      await x.withPending(on)
      await x.refused(x.move(on, 'AWSCURRENT', UNKNOWN, FIRST))
      assert.deepEqual((await x.labels(on))[FIRST], []) // nothing is current any more
    },
  },
  {
    behaviour: 'AWSCURRENT cannot be taken off altogether',
    source: 'UpdateSecretVersionStage',
    aws: async on => {
      await x.create(on)
      await x.refused(x.move(on, 'AWSCURRENT', undefined, FIRST))
      assert.equal(await x.value(on, { VersionStage: 'AWSCURRENT' }), 'first')
    },
    moto: async on => {
      await x.create(on)
      await x.move(on, 'AWSCURRENT', undefined, FIRST)
      assert.deepEqual(await x.labels(on), { [FIRST]: ['AWSPREVIOUS'] })
    },
  },
  {
    behaviour: 'a label can be taken off the version that has it',
    source: 'UpdateSecretVersionStage',
    aws: async on => {
      await x.withPending(on)
      await x.move(on, 'AWSPENDING', undefined, SECOND)
      await x.refusedAs('ResourceNotFoundException', x.value(on, { VersionStage: 'AWSPENDING' }))
    },
  },
  {
    behaviour: 'a rollback by moving AWSCURRENT back',
    source: 'UpdateSecretVersionStage',
    aws: async on => {
      await x.promoted(on)
      await x.move(on, 'AWSCURRENT', FIRST, SECOND)
      assert.equal(await x.value(on, { VersionStage: 'AWSCURRENT' }), 'first')
      assert.equal(await x.value(on, { VersionStage: 'AWSPREVIOUS' }), 'second')
    },
  },
]
