/**
 * What secrets may be besides global ones of plain text: regional, with a delay before destruction, encrypted with a key of one's own,
 * or damaged on the way. Planted: no checksum sent, none checked: each failed here.
 */
import { describe, expect, test } from 'vitest'
import { RotationError } from '../../core/errors.ts'
import type { Call, RotationId } from '../../core/ports/secret-store.ts'
import { SecretValue } from '../../core/secret/secret-value.ts'
import { Requests } from '../../gcp/requests.ts'
import type { GcpSecretStore, ReadBy } from '../../gcp/secret-store.ts'
import { Driven } from './driven.ts'
import { byAlias, Place } from './support.ts'

const ID = 'app-db'
const DAY = 86_400_000
const REGION = 'europe-west3'
const rotation = `ls-${'1'.repeat(40)}` as RotationId
const modes: readonly (readonly [string, ReadBy])[] = [
  ['an alias', byAlias],
  ['latest', 'latest'],
]

async function rotated(store: GcpSecretStore, call: Call, text = 'new'): Promise<void> {
  const { current } = (await store.describe(ID, call))!
  await store.putPending(ID, { rotation, base: current.version, value: SecretValue.of(text) }, call)
  await store.promote(ID, { rotation, base: current.version }, call)
}

const failing = async (asked: Promise<unknown>): Promise<RotationError> => {
  const error: unknown = await asked.catch(thrown => thrown)
  if (error instanceof RotationError) return error
  return expect.unreachable(String(error))
}

describe.each(modes)('read by %s [fake]', (_, readBy) => {
  test('a regional secret: all of it is in its region, and the global one of that name stays', async () => {
    const place = new Place()
    place.fake.service.createSecret({ id: ID, value: 'of the globe' })
    const store = place.store(readBy, 'test', REGION)
    await store.put(ID, SecretValue.of('old'), place.call())
    const call = place.call()
    await rotated(store, call)
    const { previous } = (await store.describe(ID, call))!
    await store.claimRetire(ID, previous!.version, 60_000, call)
    await store.retirePrevious(ID, previous!.version, call)
    const { versions } = place.fake.service.peek(ID, REGION)
    expect([...versions.values()].map(({ state }) => state)).toEqual(['DISABLED', 'ENABLED'])
    expect(((await store.get(ID, place.call()))!.value as SecretValue).reveal()).toBe('new')
    expect([...place.fake.service.peek(ID).versions.values()].map(({ value }) => value)).toEqual(['of the globe'])
    const inRegion = place.fake.calls.list.every(
      ({ resource, location }) => location === REGION && resource.includes(REGION),
    )
    expect(inRegion).toBe(true)
    if (readBy === 'latest') expect(place.fake.service.exists(`${ID}-lockstep-pending`, REGION)).toBe(true)
    const listed: string[] = []
    for await (const { id } of store.list({}, place.call())) listed.push(id)
    expect(listed).toEqual([ID])
  })

  test('given up for destruction by a person: taken for disabled, and not brought back by being disabled once more', async () => {
    const driven = new Driven('alternating-users', readBy)
    driven.fake.service.patchAsPerson(ID, { versionDestroyTtl: { seconds: 3 * 86_400 } } as object)
    await driven.engine.rotate()
    const name = `projects/${driven.fake.projectId}/secrets/${ID}/versions/1`
    await driven.fake.inProcessClient().destroySecretVersion({ name })
    driven.clock.time += DAY
    const error = await failing(driven.engine.retire())
    expect([error.code, error.message]).toEqual(['refused', expect.stringContaining('disabled')])
    expect(driven.fake.calls.count('DisableSecretVersion')).toBe(0)
    const state = () => driven.fake.service.peek(ID).versions.get(1)?.state
    expect(state()).toBe('DISABLED')
    driven.clock.time += 3 * DAY
    expect([state(), driven.works]).toEqual(['DESTROYED', true])
  })

  test('a key that is disabled, for reading and for adding: nothing is lost', async () => {
    const key = 'projects/p/locations/global/keyRings/r/cryptoKeys/k'
    const place = new Place()
    const store = place.store(readBy)
    place.fake.service.createSecret({ id: ID, value: 'old', aliases: ['current'], key })
    place.fake.service.keys.disable(key)
    const call = place.call()
    const error = await failing(rotated(store, call))
    expect([error.code, error.message]).toEqual(['access-denied', expect.stringContaining('KMS key')])
    place.fake.service.keys.enable(key)
    await rotated(store, place.call())
    expect(((await store.get(ID, place.call()))!.value as SecretValue).reveal()).toBe('new')
  })
})

test('what is destroyed because it has lost is recoverable for as long as the secret says [fake]', async () => {
  const place = new Place()
  place.fake.service.createSecret({ id: ID, value: 'old', aliases: ['current'], destroyTtlMs: 2 * DAY })
  const [one, two] = [place.store(byAlias), place.store(byAlias)]
  const { current } = (await one.describe(ID, place.call()))!
  const bring = (store: GcpSecretStore, text: string) =>
    store.putPending(ID, { rotation, base: current.version, value: SecretValue.of(text) }, place.call())
  const [first] = await Promise.all([bring(one, 'of one'), bring(two, 'of two')])
  const states = () => [...place.fake.service.peek(ID).versions.values()].map(({ state }) => state).toSorted()
  expect(states()).toEqual(['DISABLED', 'ENABLED', 'ENABLED'])
  await one.promote(ID, { rotation, base: current.version }, place.call())
  expect((await one.describe(ID, place.call()))!.current.version).toBe(first.version)
  place.clock.time += 3 * DAY
  expect(states()).toEqual(['DESTROYED', 'ENABLED', 'ENABLED'])
})

describe('checksums [fake]', () => {
  test('one goes with every value, for the service to check', async () => {
    const place = new Place()
    await place.store('latest').put(ID, SecretValue.of('ünïcode'), place.call())
    const name = `projects/${place.fake.projectId}/secrets/${ID}/versions/1`
    const [version] = await place.fake.inProcessClient().getSecretVersion({ name })
    expect(version.clientSpecifiedPayloadChecksum).toBe(true)
  })

  test('a value that arrives damaged is no value: the same call again is safe', async () => {
    const place = new Place()
    place.fake.service.createSecret({ id: ID, value: 'old' })
    const client = place.fake.inProcessClient()
    const access = client.accessSecretVersion.bind(client)
    let damaged = 0
    client.accessSecretVersion = (async (...asked: Parameters<typeof access>) => {
      const [answer] = (await access(...asked)) as unknown as [{ payload: { data: Uint8Array } }]
      if (damaged++ === 0) answer.payload.data = Buffer.from('OLD')
      return [answer]
    }) as unknown as typeof client.accessSecretVersion
    const requests = new Requests(client, place.clock, { project: place.fake.projectId })
    const error = await failing(requests.access(ID, 1, place.call()))
    expect([error.code, error.message]).toEqual(['store-unavailable', 'A value arrived damaged.'])
    expect(((await requests.access(ID, 1, place.call())) as SecretValue).reveal()).toBe('old')
  })

  test('a value that is no text is refused, not mangled', async () => {
    const place = new Place()
    place.fake.service.createSecret({ id: ID })
    const parent = `projects/${place.fake.projectId}/secrets/${ID}`
    await place.fake.inProcessClient().addSecretVersion({ parent, payload: { data: Buffer.from([255, 0, 128]) } })
    expect((await failing(place.store('latest').get(ID, place.call()))).code).toBe('value-unsuitable')
  })
})
