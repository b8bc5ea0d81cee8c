/** Of RotateSecret and its empty version. */
import assert from 'node:assert/strict'
import * as x from '../emulated.ts'
import type { Behaviour } from './behaviour.ts'

const { FIRST, THIRD } = x

export const rotating: readonly Behaviour[] = [
  {
    behaviour: 'RotateSecret without a function: refused, nothing is promoted',
    source: 'RotateSecret',
    aws: async on => {
      await x.create(on)
      await x.refused(x.rotate(on, {}))
      assert.equal(await x.value(on, { VersionStage: 'AWSCURRENT' }), 'first')
    },
    moto: async on => {
      await x.create(on)
      await x.rotate(on, {})
      assert.deepEqual((await x.labels(on))[THIRD], ['AWSCURRENT']) // an empty version
      await x.refusedAs('ResourceNotFoundException', x.value(on, { VersionStage: 'AWSCURRENT' }))
    },
  },
  {
    behaviour: 'RotateSecret with a function that is not there: refused, no version is made',
    source: 'RotateSecret, permission to invoke the function',
    aws: async on => {
      await x.create(on)
      await x.refused(x.rotate(on))
      assert.deepEqual(await x.labels(on), { [FIRST]: ['AWSCURRENT'] })
    },
    moto: async on => {
      await x.create(on)
      await x.refused(x.rotate(on))
      assert.deepEqual((await x.labels(on))[THIRD], ['AWSPENDING']) // how an empty version is made here
    },
  },
  {
    behaviour: 'RotateSecret while AWSPENDING is on another version than AWSCURRENT: refused',
    source: 'RotateSecret',
    aws: async on => {
      await x.withPending(on)
      await x.refused(x.rotate(on, { RotationRules: { AutomaticallyAfterDays: 30 } }))
    },
    moto: async on => {
      await x.withPending(on)
      await x.rotate(on, { RotationRules: { AutomaticallyAfterDays: 30 } })
      assert.deepEqual((await x.labels(on))[THIRD], ['AWSCURRENT'])
    },
  },
  {
    behaviour: 'an empty version has a label, and no value to read',
    source: 'DescribeSecret, VersionIdsToStages',
    aws: async on => {
      await x.create(on)
      await x.rotate(on).catch(() => {})
      assert.deepEqual((await x.labels(on))[THIRD], ['AWSPENDING'])
      await x.refusedAs('ResourceNotFoundException', x.value(on, { VersionId: THIRD, VersionStage: 'AWSPENDING' }))
    },
  },
  {
    behaviour: 'an empty version is filled by a put with its token',
    source: 'PutSecretValue, ClientRequestToken',
    aws: async on => {
      await x.create(on)
      await x.rotate(on).catch(() => {})
      await x.put(on, THIRD, 'third', ['AWSPENDING'])
      assert.equal(await x.value(on, { VersionId: THIRD, VersionStage: 'AWSPENDING' }), 'third')
    },
  },
]
