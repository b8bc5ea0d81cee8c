/**
 * An edit after `set`: what the database holds is then a version that is neither current nor pending any more. Its label must
 * outlive the next rotation's put, or the service may delete it; and a role made for AWS's templates can find nothing else.
 */
import { expect, test } from 'vitest'
import { SecretValue } from '../../core/secret/secret-value.ts'
import { Driven, ID } from './driven.ts'

/** Set at the target, then edited by a person: the service has given the rotation up. */
async function overtaken(d: Driven): Promise<string> {
  const token = d.begin()
  await d.step('create', token)
  const { password } = JSON.parse(d.fake.service.peek(ID).versions.get(token)!.value!)
  d.server.setPassword('app', SecretValue.of(password))
  const current = JSON.parse(d.fake.service.peek(ID).versions.get(d.holder('AWSCURRENT')!)!.value!)
  d.fake.service.putAsPerson(ID, JSON.stringify({ ...current, note: 'by hand' }))
  return token
}

test.each([0, 1, 2])(
  'after %i rotations: the version that works keeps its label, and the next one finds it',
  async before => {
    const d = new Driven('single-user')
    d.fake.permissions.denyAction('test', 'ListSecretVersionIds')
    for (let n = 0; n < before; n++) {
      await d.rotate()
      d.clock.time += 86_400_000
    }
    const works = await overtaken(d)
    expect([d.works, d.stagesOf(works)]).toEqual([false, [expect.stringMatching(/^LOCKSTEP_[12]$/)]])
    const next = d.begin()
    await d.step('create', next)
    expect(d.stagesOf(works)).toEqual([expect.stringMatching(/^LOCKSTEP_[12]$/)])
    for (const step of ['set', 'test', 'finish'] as const) await d.step(step, next)
    expect([d.works, d.holder('AWSCURRENT')]).toEqual([true, next])
  },
)
