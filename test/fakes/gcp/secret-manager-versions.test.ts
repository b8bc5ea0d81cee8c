// Versions: adding, reading by number, `latest` and alias. Sources: service.proto and resources.proto of the client's
// package; texts marked "recorded" were seen from the service.
import { expect, it } from 'vitest'
import { crc32c } from './secret-manager/checksum.ts'
import {
  ANSWERED,
  addVersion,
  NAME,
  NUMBERED,
  PARENT,
  patch,
  read,
  refused,
  stage,
  stageWith,
} from './secret-manager/support.ts'

it('ids start at 1 and are incremented for each version (resources.proto, SecretVersion.name)', async () => {
  await using at = await stageWith()
  const names: unknown[] = []
  for (const value of ['one', 'two', 'three']) names.push((await addVersion(at.sdk, value)).name)
  expect(names).toEqual([1, 2, 3].map(number => `${ANSWERED}/versions/${number}`))
  await at.sdk.destroySecretVersion({ name: `${NAME}/versions/3` })
  expect((await addVersion(at.sdk, 'four')).name).toBe(`${ANSWERED}/versions/4`)
})

it('a new version is enabled, has its own etag, and is `latest` at once (service.proto, GetSecretVersion)', async () => {
  await using at = await stageWith('one')
  const added = await addVersion(at.sdk, 'two')
  expect(added).toMatchObject({ state: 'ENABLED', destroyTime: null, scheduledDestroyTime: null })
  expect(added.etag).toMatch(/^"[0-9a-f]+"$/)
  expect(added.createTime?.seconds).toBe(String(at.now() / 1000))
  expect(added.replicationStatus?.automatic).toBeTruthy()
  expect(await read(at.sdk, 'latest')).toBe('two')
  const [latest] = await at.sdk.getSecretVersion({ name: `${NAME}/versions/latest` })
  expect(latest).toEqual(added)
})

it('adding takes no etag and leaves the secret’s alone (https://cloud.google.com/secret-manager/docs/etags)', async () => {
  await using at = await stageWith('one')
  const [before] = await at.sdk.getSecret({ name: NAME })
  await addVersion(at.sdk, 'two')
  const [after] = await at.sdk.getSecret({ name: NAME })
  expect(after.etag).toBe(before.etag)
  await patch(at.sdk, { labels: { a: 'b' }, etag: before.etag! })
})

it('two adds at once both succeed under different numbers: there is no request id (service.proto, AddSecretVersionRequest)', async () => {
  await using at = await stageWith()
  const added = await Promise.all(Array.from({ length: 8 }, () => addVersion(at.sdk, 'same')))
  expect(added.map(each => each.name).sort()).toEqual(
    [1, 2, 3, 4, 5, 6, 7, 8].map(each => `${ANSWERED}/versions/${each}`),
  )
})

it.each(['DISABLED', 'DESTROYED'] as const)(
  '`latest` is the newest whatever its state, without falling back: %s is FAILED_PRECONDITION in the recorded words',
  async state => {
    await using at = await stageWith('one', 'two')
    const name = `${NAME}/versions/2`
    await (state === 'DISABLED' ? at.sdk.disableSecretVersion({ name }) : at.sdk.destroySecretVersion({ name }))
    const text = `Secret Version [${ANSWERED}/versions/2] is in ${state} state.`
    await refused(read(at.sdk, 'latest'), 'FAILED_PRECONDITION', text)
    await refused(read(at.sdk, 2), 'FAILED_PRECONDITION', text)
    const [latest] = await at.sdk.getSecretVersion({ name: `${NAME}/versions/latest` })
    expect(latest).toMatchObject({ name: `${ANSWERED}/versions/2`, state })
    expect(await read(at.sdk, 1)).toBe('one')
  },
)

it('an alias works for get and access, not for enable, disable and destroy (resources.proto, version_aliases)', async () => {
  await using at = await stageWith('one', 'two')
  await patch(at.sdk, { versionAliases: { current: 1, Current: 2 } })
  expect(await read(at.sdk, 'current')).toBe('one')
  expect(await read(at.sdk, 'Current')).toBe('two')
  const name = `${NAME}/versions/current`
  expect((await at.sdk.getSecretVersion({ name }))[0].name).toBe(`${ANSWERED}/versions/1`)
  for (const call of ['enableSecretVersion', 'disableSecretVersion', 'destroySecretVersion'] as const) {
    await refused(at.sdk[call]({ name }), 'INVALID_ARGUMENT', 'does not match the expected format')
    await refused(at.sdk[call]({ name: `${NAME}/versions/latest` }), 'INVALID_ARGUMENT')
  }
  await at.sdk.disableSecretVersion({ name: `${NAME}/versions/1` })
  await refused(read(at.sdk, 'current'), 'FAILED_PRECONDITION', 'versions/1] is in DISABLED state.')
})

it('what is not there is NOT_FOUND, in the recorded words', async () => {
  await using at = await stageWith()
  await refused(read(at.sdk, 'latest'), 'NOT_FOUND', `Secret [${ANSWERED}] not found or has no versions.`)
  await refused(read(at.sdk, 1), 'NOT_FOUND', `Secret Version [${ANSWERED}/versions/1] not found.`)
  await refused(read(at.sdk, 'current'), 'NOT_FOUND', `Secret [${ANSWERED}] has no alias [current]`)
  const missing = `${PARENT}/secrets/missing`
  const call = at.sdk.accessSecretVersion({ name: `${missing}/versions/1` })
  await refused(call, 'NOT_FOUND', `Secret [${NUMBERED}/secrets/missing] not found or has no versions.`)
  await refused(addVersion(at.sdk, 'x', missing), 'NOT_FOUND', `Secret [${NUMBERED}/secrets/missing] not found.`)
})

it('the checksum is CRC-32C: "123456789" is 0xe3069283 (RFC 3720, B.4)', () => {
  expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283)
  expect(crc32c(Buffer.alloc(32))).toBe(0x8a9136aa)
})

it('a checksum that does not fit is INVALID_ARGUMENT; one is stored and answered either way (SecretPayload.data_crc32c)', async () => {
  await using at = await stageWith()
  const data = Buffer.from('value')
  const wrong = at.sdk.addSecretVersion({ parent: NAME, payload: { data, dataCrc32c: crc32c(data) + 1 } })
  await refused(wrong, 'INVALID_ARGUMENT', 'crc32c does not match')
  expect(at.fake.service.peek('app-db').versions.size).toBe(0)
  const [checked] = await at.sdk.addSecretVersion({ parent: NAME, payload: { data, dataCrc32c: crc32c(data) } })
  expect(checked.clientSpecifiedPayloadChecksum).toBe(true)
  expect((await addVersion(at.sdk, 'value')).clientSpecifiedPayloadChecksum).toBe(false)
  for (const number of [1, 2]) {
    const [{ payload }] = await at.sdk.accessSecretVersion({ name: `${NAME}/versions/${number}` })
    expect(payload?.dataCrc32c).toBe(String(crc32c(data)))
  }
})

it('64 KiB are the most (SecretPayload.data); nothing at all is refused too, as recorded', async () => {
  await using at = await stageWith()
  const most = Buffer.alloc(64 * 1024, 7)
  await addVersion(at.sdk, most)
  const [{ payload }] = await at.sdk.accessSecretVersion({ name: `${NAME}/versions/1` })
  expect(Buffer.from(payload!.data as Uint8Array).equals(most)).toBe(true)
  await refused(addVersion(at.sdk, Buffer.alloc(64 * 1024 + 1)), 'INVALID_ARGUMENT')
  await refused(addVersion(at.sdk, ''), 'INVALID_ARGUMENT', 'SecretPayload.data must not be empty.')
  expect(at.fake.service.peek('app-db').versions.size).toBe(1)
})

it('names of another form are INVALID_ARGUMENT, as recorded; the project is known by id and by number', async () => {
  await using at = await stage()
  at.fake.service.createSecret({ id: 'app-db', value: 'one' })
  const [answer] = await at.sdk.accessSecretVersion({ name: `${ANSWERED}/versions/1` })
  expect(answer.name).toBe(`${ANSWERED}/versions/1`)
  for (const name of [NAME, `${NAME}/versions/`, `${NAME}/versions/1/2`, 'app-db', '']) {
    await refused(at.sdk.accessSecretVersion({ name }), 'INVALID_ARGUMENT', 'does not match the expected format')
  }
})
