/** Secrets, permissions and answers that stand in the way: each is named, nothing is lost, nothing is published too early. */
import { beforeEach, describe, expect, test } from 'vitest'
import { RotationError } from '../../core/errors.ts'
import type { Call, RotationId, VersionId } from '../../core/ports/secret-store.ts'
import { rotationId } from '../../core/rotation/ids.ts'
import { SecretValue } from '../../core/secret/secret-value.ts'
import type { GcpSecretStore, ReadBy } from '../../gcp/secret-store.ts'
import { byAlias, Place } from './support.ts'

const ID = 'app-db'
const CANARY = 'canary-0123456789'
const value = SecretValue.of(CANARY)
const modes: readonly (readonly [string, ReadBy])[] = [
  ['alias', byAlias],
  ['latest', 'latest'],
]

/** The record is looked at before set, and where nothing fences the publication once more before that. */
const calls = {
  alias: ['GetSecret', 'AccessSecretVersion', 'AddSecretVersion', 'UpdateSecret', 'GetSecret', 'UpdateSecret'],
  latest: [
    ...['GetSecret', 'AccessSecretVersion', 'AccessSecretVersion', 'AddSecretVersion', 'UpdateSecret'],
    ...['GetSecret', 'AccessSecretVersion'],
    ...['GetSecret', 'AccessSecretVersion', 'AddSecretVersion', 'UpdateSecret'],
  ],
}

let place: Place
beforeEach(() => {
  place = new Place()
})

const failing = async (action: Promise<unknown>): Promise<RotationError> => {
  const error = await action.then(
    () => undefined,
    thrown => thrown,
  )
  expect(error).toBeInstanceOf(RotationError)
  expect(JSON.stringify(error) + error.stack).not.toContain(CANARY)
  return error
}

async function bring(
  store: GcpSecretStore,
  call: Call,
  text = 'new',
): Promise<{ rotation: RotationId; base: VersionId }> {
  const state = (await store.describe(ID, call))!
  const rotation = state.pending?.rotation ?? rotationId(ID, state)
  const base = state.pending?.base ?? state.current.version
  await store.putPending(ID, { rotation, base, value: SecretValue.of(text) }, call)
  return { rotation, base }
}

async function wholeLife(store: GcpSecretStore, call: Call): Promise<void> {
  const move = await bring(store, call)
  await store.promote(ID, move, call)
  await store.claimRetire(ID, move.base, 60_000, call)
  await store.retirePrevious(ID, move.base, call)
  await store.unlabelled(ID, 3, call)
  for await (const _ of store.list({}, call));
}

const textOf = async (store: GcpSecretStore): Promise<string | undefined> => {
  const found = await store.get(ID, place.call())
  return found && found.value !== 'disabled' ? found.value.reveal() : undefined
}

describe.each(modes)('read by %s [fake]', (mode, readBy) => {
  const needed = {
    alias: ['secrets.get', 'secrets.update', 'versions.add', 'versions.get', 'versions.access', 'versions.list'],
    latest: ['secrets.get', 'secrets.update', 'versions.add', 'versions.get', 'versions.access', 'versions.list'],
  }[mode as 'alias' | 'latest']

  test.each([...needed, 'secrets.list'])('without %s: the error names the permission', async permission => {
    await place.store(readBy).put(ID, value, place.call())
    place.fake.permissions.denyAction('limited', permission)
    const error = await failing(wholeLife(place.store(readBy, 'limited'), place.call()))
    expect(error.code).toBe('access-denied')
    expect(error.message).toContain(`secretmanager.${permission}`)
    expect(error.next).toContain(`Grant a role with secretmanager.${permission}`)
  })

  test('without versions.disable and versions.destroy a rotation and its retirement work, and versions stay', async () => {
    await place.store(readBy).put(ID, value, place.call())
    for (const action of ['disable', 'destroy'])
      place.fake.permissions.denyAction('limited', `secretmanager.versions.${action}`)
    await wholeLife(place.store(readBy, 'limited'), place.call())
    expect((await place.store(readBy).describe(ID, place.call()))!.previous).toBeUndefined()
    expect([...place.fake.service.peek(ID).versions.values()].map(({ state }) => state)).toEqual(['ENABLED', 'ENABLED'])
  })

  test('calls of one rotation', async () => {
    const store = place.store(readBy)
    await store.put(ID, value, place.call())
    await wholeLife(store, place.call())
    await store.put(ID, value, place.call())
    place.clock.time += 86_400_000
    const call = place.call()
    const first = await bring(store, call)
    await store.promote(ID, first, call)
    await store.claimRetire(ID, first.base, 1, call)
    await store.retirePrevious(ID, first.base, call)
    place.fake.calls.reset()
    const run = place.call()
    const state = (await store.describe(ID, run))!
    await store.read(ID, state.current.version, run)
    const [rotation, base] = [rotationId(ID, state), state.current.version]
    await store.putPending(ID, { rotation, base, value: SecretValue.of('newest') }, run)
    await store.describe(ID, run)
    await store.promote(ID, { rotation, base }, run)
    expect(place.fake.calls.list.map(({ op }) => op)).toEqual(calls[mode as keyof typeof calls])
  })

  test.each(['lost-answer', 'reset'] as const)(
    'an addition with %s: one pending value, whoever repeats it',
    async fault => {
      const store = place.store(readBy)
      await store.put(ID, value, place.call())
      await store.describe(ID, place.call())
      place.fake.faults.next('AddSecretVersion', fault)
      await bring(store, place.call()).catch(error => expect(error.code).toBe('unknown'))
      const move = await bring(store, place.call(), 'second')
      const found = await store.read(ID, { pending: move.rotation }, place.call())
      await store.promote(ID, move, place.call())
      expect(found?.value).not.toBe('disabled')
      expect(await textOf(store)).toBe((found!.value as SecretValue).reveal())
    },
  )

  test.each(['AddSecretVersion', 'UpdateSecret'])(
    'a promotion whose %s is not answered is finished by the same again',
    async op => {
      const store = place.store(readBy)
      await store.put(ID, value, place.call())
      const call = place.call()
      const move = await bring(store, call)
      place.fake.faults.next(op, 'lost-answer')
      await store.promote(ID, move, call).catch(error => expect(error.code).toBe('unknown'))
      await store.promote(ID, move, place.call())
      expect(await textOf(store)).toBe('new')
      const state = (await store.describe(ID, place.call()))!
      expect([state.current.rotation, state.pending, state.anomaly]).toEqual([move.rotation, undefined, undefined])
    },
  )

  test('other annotations and labels stay as they are', async () => {
    const store = place.store(readBy)
    place.fake.service.createSecret({ id: ID, annotations: { team: 'a' }, labels: { env: 'prod' } })
    await store.put(ID, value, place.call())
    await wholeLife(store, place.call())
    const { annotations, labels } = place.fake.service.peek(ID)
    expect([annotations.team, labels.env]).toEqual(['a', 'prod'])
  })

  test.each([{ managed: 'ACTIVE' as const }, { secretType: 'CLOUD_SQL_DB_CREDENTIALS' }])(
    'what Google Cloud rotates itself is refused: %j',
    async more => {
      place.fake.service.createSecret({ id: ID, value: 'x', aliases: ['current'], ...more })
      expect((await failing(bring(place.store(readBy), place.call()))).code).toBe('refused')
      expect(place.fake.service.peek(ID).annotations).toEqual({})
    },
  )

  test('an annotation that is not ours to read: stop, and leave it', async () => {
    const store = place.store(readBy)
    place.fake.service.createSecret({
      id: ID,
      value: 'x',
      aliases: ['current'],
      annotations: { lockstep: '{"lockstep":99}' },
    })
    expect((await failing(store.describe(ID, place.call()))).code).toBe('store-corrupt')
  })
})

describe('read by latest [fake]', () => {
  test('without secrets.create the place beside it cannot be made, and the error names the permission', async () => {
    await place.store('latest').put(ID, value, place.call())
    place.fake.permissions.denyAction('limited', 'secretmanager.secrets.create')
    const error = await failing(bring(place.store('latest', 'limited'), place.call()))
    expect([error.code, error.next]).toEqual(['access-denied', expect.stringContaining('secretmanager.secrets.create')])
    expect((await place.store('latest').describe(ID, place.call()))!.pending).toBeUndefined()
  })

  test('died between publishing and the record: described as published, and only recorded', async () => {
    const store = place.store('latest')
    await store.put(ID, value, place.call())
    const call = place.call()
    const move = await bring(store, call)
    place.fake.faults.next('UpdateSecret', 'reset')
    await failing(store.promote(ID, move, call))
    expect(await textOf(store)).toBe('new')
    expect((await store.describe(ID, place.call()))!.pending).toMatchObject({
      rotation: move.rotation,
      published: true,
    })
    place.fake.calls.reset()
    expect((await store.promote(ID, move, place.call())).already).toBe(false)
    expect(place.fake.calls.count('AddSecretVersion')).toBe(0)
  })
})

describe('read by an alias [fake]', () => {
  test('that no version has: how to set it', async () => {
    place.fake.service.createSecret({ id: ID, value: 'x' })
    const error = await failing(place.store(byAlias).describe(ID, place.call()))
    expect([error.code, error.next]).toEqual([
      'refused',
      expect.stringContaining('--update-version-aliases=current=VERSION'),
    ])
  })

  test('pending is named by no alias, and consumers never read it', async () => {
    const store = place.store(byAlias)
    await store.put(ID, value, place.call())
    await bring(store, place.call())
    expect(await textOf(store)).toBe(CANARY)
  })
})
