// Regional secrets. Sources: https://cloud.google.com/secret-manager/docs/locations, resources.proto of the client's package;
// "recorded": the text that the global endpoint answers to a regional name.
import { expect, it } from 'vitest'
import { addVersion, NUMBERED, PARENT, refused, stage } from './secret-manager/support.ts'

const EAST = `${PARENT}/locations/us-east1`
const name = `${EAST}/secrets/app-db`

it('a regional secret lives on its region’s endpoint only, and is another one than the global of the same id', async () => {
  await using at = await stage()
  await at.fake.openLocation('us-east1')
  const east = at.open({ location: 'us-east1' })
  await east.createSecret({ parent: EAST, secretId: 'app-db', secret: {} })
  at.fake.service.createSecret({ id: 'app-db', value: 'global' })
  const added = await addVersion(east, 'east', name)
  expect(added).toMatchObject({
    name: `${NUMBERED}/locations/us-east1/secrets/app-db/versions/1`,
    replicationStatus: null,
  })
  const [{ payload }] = await east.accessSecretVersion({ name: `${name}/versions/latest` })
  expect(payload?.data?.toString()).toBe('east')
  expect((await east.listSecrets({ parent: EAST }))[0]).toHaveLength(1)
  expect((await at.sdk.listSecrets({ parent: PARENT }))[0]).toHaveLength(1)
  expect(at.fake.calls.list.at(-2)).toMatchObject({ location: 'us-east1' })
})

it('the global endpoint refuses regional names, as recorded; a regional one global names and those of other regions', async () => {
  await using at = await stage()
  await at.fake.openLocation('us-east1')
  await at.fake.openLocation('europe-west1')
  at.fake.service.createSecret({ id: 'app-db', location: 'us-east1', value: 'x' })
  const version = `${name}/versions/latest`
  const text = `The provided Secret ID [${version}] does not match the expected format [projects/*/secrets/*/versions/*]`
  await refused(at.sdk.accessSecretVersion({ name: version }), 'INVALID_ARGUMENT', text)
  await refused(at.sdk.getSecret({ name }), 'INVALID_ARGUMENT')
  await refused(at.sdk.listSecrets({ parent: EAST }), 'INVALID_ARGUMENT')
  await refused(at.open({ location: 'europe-west1' }).getSecret({ name }), 'INVALID_ARGUMENT')
  await refused(at.open({ location: 'us-east1' }).getSecret({ name: `${PARENT}/secrets/app-db` }), 'INVALID_ARGUMENT')
  await at.open({ location: 'us-east1' }).getSecret({ name })
})

it('replication is not for regional secrets, as recorded; their key is customer_managed_encryption', async () => {
  await using at = await stage()
  await at.fake.openLocation('us-east1')
  const east = at.open({ location: 'us-east1' })
  const create = (secret: object) => east.createSecret({ parent: EAST, secretId: 'app-db', secret })
  await refused(
    create({ replication: { automatic: {} } }),
    'INVALID_ARGUMENT',
    'Secret.replication should not be provided.',
  )
  const key = `${PARENT}/locations/us-east1/keyRings/r/cryptoKeys/k`
  await create({ customerManagedEncryption: { kmsKeyName: key } })
  const added = await addVersion(east, 'x', name)
  expect(added.customerManagedEncryption?.kmsKeyVersionName).toBe(`${key}/versions/1`)
  const call = east.updateSecret({
    secret: { name, replication: { automatic: {} } },
    updateMask: { paths: ['replication'] },
  })
  await refused(call, 'INVALID_ARGUMENT', 'not supported in updates of regional secret')
})

it('regions are independent: the version numbers of one id differ', async () => {
  await using at = await stage()
  for (const location of ['us-east1', 'europe-west1']) {
    await at.fake.openLocation(location)
    at.fake.service.createSecret({ id: 'app-db', location })
  }
  at.fake.service.putAsPerson('app-db', 'one', 'us-east1')
  expect(at.fake.service.putAsPerson('app-db', 'two', 'us-east1')).toBe(2)
  expect(at.fake.service.putAsPerson('app-db', 'one', 'europe-west1')).toBe(1)
})

it('in process and over REST as over gRPC', async () => {
  await using at = await stage()
  await at.fake.openLocation('us-east1')
  at.fake.service.createSecret({ id: 'app-db', location: 'us-east1', value: 'x' })
  for (const over of ['in process', 'rest'] as const) {
    const east = at.open({ location: 'us-east1', over })
    expect((await east.getSecret({ name }))[0].name).toBe(`${NUMBERED}/locations/us-east1/secrets/app-db`)
    await refused(east.getSecret({ name: `${PARENT}/secrets/app-db` }), 'INVALID_ARGUMENT')
  }
})
