// Writes. https://learn.microsoft.com/rest/api/keyvault/secrets/set-secret and …/update-secret
import { expect, it } from 'vitest'
import { BEGIN, DAY, refused, stage, UNKNOWN } from './key-vault/support.ts'

it('every set is a new version and the latest at once, the same value again too', async () => {
  await using at = await stage()
  const ids = new Set<string>()
  for (const value of ['one', 'two', 'two']) {
    const { properties } = await at.sdk.setSecret('app-db', value)
    expect(properties.version).toMatch(/^[0-9a-f]{32}$/)
    ids.add(properties.version!)
    expect((await at.sdk.getSecret('app-db')).properties.version).toBe(properties.version)
  }
  expect(ids.size).toBe(3)
})

it('the ids of versions have no order', async () => {
  await using at = await stage()
  for (let index = 0; index < 12; index++) at.fake.service.putAsPerson('app-db', String(index))
  const ids = [...at.fake.service.peek('app-db').versions.keys()]
  expect(ids).not.toEqual([...ids].sort())
  expect(ids).not.toEqual([...ids].sort().reverse())
})

// https://learn.microsoft.com/azure/key-vault/secrets/javascript-developer-guide-set-update-rotate-secret
it('a new version inherits nothing', async () => {
  await using at = await stage()
  const expiresOn = new Date(BEGIN + 100 * DAY)
  const settings = { tags: { team: 'a' }, contentType: 'text/plain', expiresOn, notBefore: new Date(BEGIN) }
  const first = await at.sdk.setSecret('app-db', 'one', { ...settings, enabled: false })
  expect(first.properties).toMatchObject({ ...settings, enabled: false })
  const { properties } = await at.sdk.setSecret('app-db', 'two')
  const { tags, contentType, enabled, notBefore } = properties
  expect([tags, contentType, properties.expiresOn, notBefore, enabled]).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
    true,
  ])
})

it('an update keeps what it does not name, moves `updated` and makes no version', async () => {
  await using at = await stage()
  const expiresOn = new Date(BEGIN + 100 * DAY)
  const settings = { tags: { team: 'a', keep: 'b' }, contentType: 'text/plain', expiresOn }
  const version = (await at.sdk.setSecret('app-db', 'one', settings)).properties.version!
  at.pass(5_000)
  const updated = await at.sdk.updateSecretProperties('app-db', version, { contentType: 'text/html' })
  expect(updated).toMatchObject({ ...settings, contentType: 'text/html', version })
  expect([updated.createdOn?.getTime(), updated.updatedOn?.getTime()]).toEqual([BEGIN, BEGIN + 5_000])
  const later = new Date(BEGIN + 200 * DAY)
  await at.sdk.updateSecretProperties('app-db', version, { expiresOn: later })
  const { value, properties } = await at.sdk.getSecret('app-db')
  expect(properties).toMatchObject({ ...settings, contentType: 'text/html', expiresOn: later, enabled: true })
  expect(value).toBe('one')
  expect(at.fake.service.peek('app-db').versions.size).toBe(1)
})

it('tags that an update names replace all: assumed, see operations/write.ts', async () => {
  await using at = await stage()
  const version = (await at.sdk.setSecret('app-db', 'one', { tags: { a: '1', b: '2' } })).properties.version!
  expect((await at.sdk.updateSecretProperties('app-db', version, { tags: { b: '3' } })).tags).toEqual({ b: '3' })
  expect((await at.sdk.updateSecretProperties('app-db', version, { enabled: true })).tags).toEqual({ b: '3' })
  expect((await at.sdk.updateSecretProperties('app-db', version, { tags: {} })).tags).toEqual({})
})

it('an update of an old version leaves the latest alone', async () => {
  await using at = await stage()
  const first = (await at.sdk.setSecret('app-db', 'one')).properties.version!
  await at.sdk.setSecret('app-db', 'two')
  await at.sdk.updateSecretProperties('app-db', first, { tags: { old: 'yes' } })
  const { value, properties } = await at.sdk.getSecret('app-db')
  expect([value, properties.tags]).toEqual(['two', undefined])
})

it('an update of what is not there is 404', async () => {
  await using at = await stage()
  await refused(at.sdk.updateSecretProperties('app-db', UNKNOWN, {}), 404, 'SecretNotFound')
  await at.sdk.setSecret('app-db', 'one')
  await refused(at.sdk.updateSecretProperties('app-db', UNKNOWN, {}), 404, 'SecretNotFound')
})

// https://learn.microsoft.com/azure/key-vault/general/about-keys-secrets-certificates: 1-127 characters of 0-9, a-z, A-Z, -
it.each(['app_db', 'app.db', 'äpp', 'a'.repeat(128)])('the name %s is 400', async name => {
  await using at = await stage()
  const text = await refused(at.sdk.setSecret(name, 'one'), 400, 'BadParameter')
  expect(text).toContain('The request URI contains an invalid name')
  await refused(at.sdk.getSecret(name), 400, 'BadParameter')
})

// https://learn.microsoft.com/azure/key-vault/secrets/about-secrets: 25k bytes, 15 tags, 512 characters of a tag's name and
// value; https://learn.microsoft.com/rest/api/keyvault/secrets/set-secret: contentType
it('what is too long or too many is 400 and changes nothing; the limits themselves are accepted', async () => {
  await using at = await stage()
  const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`t${index}`, '']))
  const long = { ['k'.repeat(512)]: 'v'.repeat(512) }
  await at.sdk.setSecret('n'.repeat(127), 'x'.repeat(25 * 1024), { tags: many(15), contentType: 'c'.repeat(255) })
  await at.sdk.setSecret('app-db', '', { tags: long })
  const put = (value: string, settings = {}) => at.sdk.setSecret('app-db', value, settings)
  for (const call of [
    () => put('x'.repeat(25 * 1024 + 1)),
    () => put('é'.repeat(12 * 1024 + 513)),
    () => put('one', { tags: many(16) }),
    () => put('one', { tags: { ['k'.repeat(513)]: '' } }),
    () => put('one', { tags: { k: 'v'.repeat(513) } }),
    () => put('one', { contentType: 'c'.repeat(256) }),
  ])
    expect(await refused(call(), 400, 'BadParameter')).toContain('Property has invalid value')
  const { latest, versions } = at.fake.service.peek('app-db')
  expect(versions.size).toBe(1)
  await refused(at.sdk.updateSecretProperties('app-db', latest, { tags: many(16) }), 400, 'BadParameter')
  expect(at.fake.service.peek('app-db').versions.get(latest)?.tags).toEqual(long)
})

// https://github.com/hashicorp/terraform-provider-azurerm/issues/5659 has the service's answer
it('the secret of a certificate is read and listed as managed; writes of it are 403 SecretManagedByKeyVault', async () => {
  await using at = await stage()
  const version = at.fake.service.putCertificate('web', 'pem')
  expect((await at.sdk.getSecret('web')).properties).toMatchObject({ managed: true, version })
  const text = await refused(at.sdk.setSecret('web', 'mine'), 403, 'SecretManagedByKeyVault')
  expect(text).toBe('Operation "set" is not allowed as this object\'s lifetime is managed by Key Vault.')
  await refused(at.sdk.updateSecretProperties('web', version, { enabled: false }), 403, 'SecretManagedByKeyVault')
  await refused(at.sdk.beginDeleteSecret('web'), 403, 'SecretManagedByKeyVault')
  expect(at.fake.service.peek('web').versions.size).toBe(1)
  const next = at.fake.service.putCertificate('web', 'pem 2')
  expect((await at.sdk.getSecret('web')).properties).toMatchObject({ version: next, previousVersion: version })
  const old = at.open({ serviceVersion: '7.6' })
  expect((await old.getSecret('web')).properties.previousVersion).toBeUndefined()
})
