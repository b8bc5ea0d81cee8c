/**
 * An edit or a cancellation after `set`: what the database holds is then a version that is neither current nor pending any more. Its
 * label must outlive the next rotation's put, or the service may delete it; and a role made for AWS's templates finds nothing else.
 */
import { RotateSecretCommand, UpdateSecretVersionStageCommand } from '@aws-sdk/client-secrets-manager'
import { describe, expect, test } from 'vitest'
import type { RotationId } from '../../core/ports/secret-store.ts'
import { SecretValue } from '../../core/secret/secret-value.ts'
import { Driven, ID } from './driven.ts'

/** Set at the target, and gone no further. */
async function setAndLeft(d: Driven): Promise<string> {
  const token = d.begin()
  await d.step('create', token)
  const { password } = JSON.parse(d.fake.service.peek(ID).versions.get(token)!.value!)
  d.server.setPassword('app', SecretValue.of(password))
  return token
}

/** The service gives the rotation up. */
function edit(d: Driven): void {
  const current = JSON.parse(d.fake.service.peek(ID).versions.get(d.holder('AWSCURRENT')!)!.value!)
  d.fake.service.putAsPerson(ID, JSON.stringify({ ...current, note: 'by hand' }))
}

/** AWSPENDING is taken off by hand, for RotateSecret refuses to begin another rotation while it is there. */
async function cancel(d: Driven, token: string): Promise<void> {
  d.fake.service.cancelRotation(ID)
  const strip = { SecretId: ID, VersionStage: 'AWSPENDING', RemoveFromVersionId: token }
  const client = d.fake.inProcessClient()
  await client.send(new UpdateSecretVersionStageCommand(strip))
}

describe.each([
  ['edited', edit],
  ['cancelled', cancel],
] as const)('%s after set', (_, disturb) => {
  test.each([0, 1, 2, 3])(
    'and %i rotations before: the version that works keeps its label, and is found',
    async before => {
      const d = new Driven('single-user')
      d.fake.permissions.denyAction('test', 'ListSecretVersionIds')
      for (let n = 0; n < before; n++) {
        await d.rotate()
        d.clock.time += 86_400_000
      }
      const works = await setAndLeft(d)
      await disturb(d, works)
      expect([d.works, d.stagesOf(works)]).toEqual([false, [expect.stringMatching(/^LOCKSTEP_[1-4]$/)]])
      await d.fake.inProcessClient().send(new RotateSecretCommand({ SecretId: ID }))
      const next = d.holder('AWSPENDING') as RotationId
      await d.step('create', next)
      expect(d.stagesOf(works)).toEqual([expect.stringMatching(/^LOCKSTEP_[1-4]$/)])
      for (const step of ['set', 'test', 'finish'] as const) await d.step(step, next)
      expect([d.works, d.holder('AWSCURRENT')]).toEqual([true, next])
    },
  )
})

test.each([1, 2, 3, 4, 5, 6])(
  'the same %i times: the labels of those that are over are used again, oldest first',
  async times => {
    const d = new Driven('single-user')
    d.fake.permissions.denyAction('test', 'ListSecretVersionIds')
    for (let n = 0; n < times; n++) {
      const works = await setAndLeft(d)
      if (n % 2 === 0) edit(d)
      else await cancel(d, works)
      await d.fake.inProcessClient().send(new RotateSecretCommand({ SecretId: ID }))
      const next = d.holder('AWSPENDING') as RotationId
      await d.step('create', next)
      expect(d.stagesOf(works)).toEqual([expect.stringMatching(/^LOCKSTEP_[1-4]$/)])
      for (const step of ['set', 'test', 'finish'] as const) await d.step(step, next)
      d.fake.service.endRotation(ID, next, 'succeeded')
      expect([d.works, d.holder('AWSCURRENT')]).toEqual([true, next])
      d.clock.time += 86_400_000
    }
  },
)
