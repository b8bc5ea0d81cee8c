// Reads. https://learn.microsoft.com/rest/api/keyvault/secrets/get-secret
import { expect, it } from 'vitest'
import { BEGIN, DAY, refused, stage, UNKNOWN } from './key-vault/support.ts'

it('without a version the latest is read, by its id any other', async () => {
  await using at = await stage()
  const first = await at.sdk.setSecret('app-db', 'one')
  const second = await at.sdk.setSecret('app-db', 'two')
  expect((await at.sdk.getSecret('app-db')).properties.version).toBe(second.properties.version)
  const version = first.properties.version!
  expect((await at.sdk.getSecret('app-db', { version })).value).toBe('one')
})

// https://github.com/Azure/azure-sdk-for-js/issues/24756 has the service's answer
it('a disabled version is 403 SecretDisabled; when it is the latest there is no fall-back', async () => {
  await using at = await stage()
  const first = await at.sdk.setSecret('app-db', 'one')
  const second = await at.sdk.setSecret('app-db', 'two')
  await at.sdk.updateSecretProperties('app-db', second.properties.version!, { enabled: false })
  expect(await refused(at.sdk.getSecret('app-db'), 403, 'SecretDisabled')).toBe(
    'Operation get is not allowed on a disabled secret.',
  )
  const version = second.properties.version!
  await refused(at.sdk.getSecret('app-db', { version }), 403, 'SecretDisabled')
  expect((await at.sdk.getSecret('app-db', { version: first.properties.version! })).value).toBe('one')
})

it('an older version that is disabled does not hinder the latest', async () => {
  await using at = await stage()
  const first = await at.sdk.setSecret('app-db', 'one')
  await at.sdk.setSecret('app-db', 'two')
  await at.sdk.updateSecretProperties('app-db', first.properties.version!, { enabled: false })
  expect((await at.sdk.getSecret('app-db')).value).toBe('two')
})

it('a version that was set disabled is the latest at once', async () => {
  await using at = await stage()
  await at.sdk.setSecret('app-db', 'one')
  await at.sdk.setSecret('app-db', 'staged', { enabled: false })
  await refused(at.sdk.getSecret('app-db'), 403, 'SecretDisabled')
})

// https://learn.microsoft.com/azure/key-vault/secrets/about-secrets, "Date-time controlled operations"
it('expired and not yet valid secrets are read', async () => {
  await using at = await stage()
  await at.sdk.setSecret('expired', 'old', { expiresOn: new Date(BEGIN - DAY) })
  await at.sdk.setSecret('early', 'new', { notBefore: new Date(BEGIN + DAY) })
  expect((await at.sdk.getSecret('expired')).value).toBe('old')
  expect((await at.sdk.getSecret('early')).value).toBe('new')
})

it('a name is compared without case; the answer has that of the first set', async () => {
  await using at = await stage()
  await at.sdk.setSecret('App-DB', 'one')
  await at.sdk.setSecret('app-db', 'two')
  const read = await at.sdk.getSecret('APP-db')
  expect([read.value, read.name]).toEqual(['two', 'App-DB'])
  expect(at.fake.service.peek('app-DB').versions.size).toBe(2)
})

it('an unknown secret or version is 404 SecretNotFound', async () => {
  await using at = await stage()
  const text = await refused(at.sdk.getSecret('app-db'), 404, 'SecretNotFound')
  expect(text).toContain('A secret with (name/id) app-db was not found in this key vault.')
  await at.sdk.setSecret('app-db', 'one')
  const other = await refused(at.sdk.getSecret('app-db', { version: UNKNOWN }), 404, 'SecretNotFound')
  expect(other).toContain(`(name/id) app-db/${UNKNOWN} was not found`)
  await refused(at.sdk.getSecret('app-db', { version: 'latest' }), 404, 'SecretNotFound')
})

it('dates are told in whole seconds', async () => {
  await using at = await stage()
  at.pass(1_999)
  const { properties } = await at.sdk.setSecret('app-db', 'one')
  expect(properties.createdOn?.getTime()).toBe(BEGIN + 1_000)
  expect(properties.updatedOn?.getTime()).toBe(BEGIN + 1_000)
})

it('no answer has an etag', async () => {
  await using at = await stage()
  let headers: object = {}
  await at.sdk.setSecret('app-db', 'one', {
    onResponse: answer => {
      headers = answer.headers.toJSON()
    },
  })
  expect(Object.keys(headers)).toContain('x-ms-request-id')
  expect(Object.keys(headers)).not.toContain('etag')
})

// SecretProperties.recoveryLevel of the client
it('tells how deletion works in this vault', async () => {
  const level = async (options: object) => {
    await using at = await stage(options)
    const { properties } = await at.sdk.setSecret('app-db', 'one')
    return [properties.recoveryLevel, properties.recoverableDays]
  }
  expect(await level({})).toEqual(['Recoverable+Purgeable', 90])
  expect(await level({ purgeProtection: true })).toEqual(['Recoverable', 90])
  expect(await level({ retentionDays: 7 })).toEqual(['CustomizedRecoverable+Purgeable', 7])
})
