/** Who leads, kept in Secret Manager: only where an alias is what is read, because that moves under an etag. */
import { describe, expect, it } from 'vitest'
import { SecretValue } from '../../core/secret/secret-value.ts'
import { type RegisterFixture, registerConformance } from '../../core/testing/register-conformance.ts'
import { registerIn, registerOver } from '../../core/testing/register-conformance-fixture.ts'
import { byAlias, Place } from './support.ts'

const fixture = (location?: string) => async (): Promise<RegisterFixture> => {
  const place = new Place()
  const open = (token?: string) => place.store(byAlias, token, location)
  const store = open()
  place.fake.permissions.denyAction('denied', '*')
  return {
    ...registerOver(store, {
      now: () => place.clock.now(),
      put: (id, value) => store.put(id, value, place.call()),
    }),
    second: () => registerIn(open()),
    denied: registerIn(open('denied')),
    get unreachable() {
      place.fake.faults.every('*', 'reset')
      return registerIn(open())
    },
  }
}

describe.each([undefined, 'europe-west3'])('the register in Secret Manager, by an alias, location %s [fake]', place => {
  for (const { name, run } of registerConformance(fixture(place))) it(name, run)
})

const record = { epoch: 1, leader: 'eu', since: 0, sequence: 0, origins: [], former: [], shown: {} }

it('read as latest, it holds no register [fake]', async () => {
  const place = new Place()
  const register = registerIn(place.store('latest'))
  expect(await register.read('app', place.call())).toBeUndefined()
  await expect(register.create('app', record, place.call())).rejects.toMatchObject({ code: 'config-invalid' })
  expect(place.fake.service.list()).toEqual([])
})

describe('whoever created it died on the way [fake]', () => {
  const begun = async (lost: string) => {
    const place = new Place()
    const register = registerIn(place.store(byAlias))
    place.fake.faults.next(lost, 'error:PERMISSION_DENIED')
    await expect(register.create('app', record, place.call())).rejects.toMatchObject({ code: 'access-denied' })
    return { place, register }
  }

  it('before the value was in: it is absent, and the next finishes it', async () => {
    const { place, register } = await begun('AddSecretVersion')
    expect(await register.read('app', place.call())).toBeUndefined()
    expect(await register.create('app', record, place.call())).toEqual(record)
    expect(await register.read('app', place.call())).toEqual(record)
  })

  it('before the alias was set: a command is told that sets it', async () => {
    const { place, register } = await begun('UpdateSecret')
    const next = expect.stringContaining('--update-version-aliases=current')
    await expect(register.read('app', place.call())).rejects.toMatchObject({ code: 'refused', next })
  })
})

it('a follower’s first value is made once, in both modes; one that is there stays [fake]', async () => {
  for (const readBy of [byAlias, 'latest'] as const) {
    const place = new Place()
    const store = place.store(readBy)
    const shown = async () => ((await store.get('app', place.call()))!.value as SecretValue).reveal()
    place.fake.service.createSecret({ id: 'app' })
    expect(await store.describe('app', place.call())).toBeUndefined()
    await store.create('app', SecretValue.of('first'), place.call())
    await store.create('app', SecretValue.of('second'), place.call())
    expect(await shown()).toBe('first')
    expect(place.fake.service.peek('app').versions.size).toBe(1)
  }
})
