// Schedules that broke a promise in the simulation, each reduced to the calls that matter.
import { expect, test } from 'vitest'
import { Requests } from '../../aws/requests.ts'
import { AwsSecretStore } from '../../aws/secret-store.ts'
import { StepStore } from '../../aws/step-store.ts'
import type { SettableTarget } from '../../core/ports/rotation-target.ts'
import type { RotationId } from '../../core/ports/secret-store.ts'
import { SecretValue } from '../../core/secret/secret-value.ts'
import { Driven, ID, STEPS } from './driven.ts'

const DAY = 86_400_000

/** Without the SDK's own repetitions. */
const requests = (d: Driven): Requests => new Requests(d.fake.inProcessClient({ maxAttempts: 1 }), d.clock)

const stepStore = (d: Driven, token: RotationId): StepStore => new StepStore(requests(d), d.clock, { token })

const changed = (target: SettableTarget, set: SettableTarget['set']): SettableTarget =>
  new Proxy(target, {
    get(inner, name) {
      const member: unknown = name === 'set' ? set : Reflect.get(inner, name, inner)
      return typeof member === 'function' ? member.bind(inner) : member
    },
  })

test('a put that lands after the service has given the rotation up keeps no later one from beginning', async () => {
  const d = new Driven('single-user')
  const token = d.begin()
  const store = stepStore(d, token)
  const call = d.call()
  const { current } = (await store.describe(ID, call))!
  const edited = d.fake.service.putAsPerson(ID, d.json('app', 'first', { note: 'edited' }))
  const draft = { rotation: token, base: current.version, value: SecretValue.of(d.json('app', 'second')) }
  await expect(store.putPending(ID, draft, call)).rejects.toMatchObject({ code: 'stale' })
  expect([d.holder('AWSCURRENT'), d.holder('AWSPENDING')]).toEqual([edited, undefined])
  await d.rotate()
  expect(d.works).toBe(true)
})

test('a discard that was cut short is finished by the next try, so that another rotation can begin', async () => {
  const d = new Driven('single-user')
  d.server.rejects = password => password.equals(SecretValue.of('generated-1'))
  const token = d.begin()
  for (const step of STEPS.slice(0, 3)) await d.step(step, token)
  const answered = d.fake.faults.every('UpdateSecretVersionStage', 'reset', 2)
  await expect(d.step('finish', token)).rejects.toThrow()
  answered()
  expect(d.holder('AWSPENDING')).toBe(token)
  await expect(d.step('create', token)).rejects.toMatchObject({ code: 'stale' })
  expect(d.holder('AWSPENDING')).toBeUndefined()
  await d.rotate()
  expect(d.works).toBe(true)
})

test('a retirement that was cut short leaves nothing that keeps Secrets Manager from rotating', async () => {
  const d = new Driven('alternating-users')
  const base = d.holder('AWSCURRENT')!
  await d.rotate()
  for (const cut of [1, 2, 3]) {
    const store = new AwsSecretStore(requests(d), d.clock)
    const call = d.call()
    const { previous } = (await store.describe(ID, call))!
    if (!previous) break
    expect(previous.version).toBe(base)
    await store.claimRetire(ID, previous.version, 0, call)
    const after = d.fake.faults.every('UpdateSecretVersionStage', 'reset', cut)
    await store.retirePrevious(ID, previous.version, call).catch(() => undefined)
    after()
  }
  expect((await d.store().describe(ID, d.call()))!.previous).toBeUndefined()
  d.clock.time += DAY
  await d.rotate()
  expect(d.works).toBe(true)
})

test.each([1, 2, 3])(
  'an edit after the database has changed, and label %i of what then helps fails: the next rotation begins and heals it',
  async cut => {
    const d = new Driven('single-user')
    const token = d.begin()
    for (const step of STEPS.slice(0, 3)) await d.step(step, token)
    const editing = changed(d.target, async (...asked) => {
      await d.target.set(...asked)
      d.fake.service.putAsPerson(ID, d.json('app', 'first', { note: 'edited' }))
    })
    const gone = d.fake.faults.every('UpdateSecretVersionStage', 'reset', cut)
    await expect(d.step('finish', token, editing)).rejects.toThrow()
    gone()
    expect(d.holder('AWSPENDING')).toBeUndefined()
    d.clock.time += DAY
    await d.rotate()
    expect(d.works).toBe(true)
  },
)
