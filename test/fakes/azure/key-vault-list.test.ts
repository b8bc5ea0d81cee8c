// Lists. https://learn.microsoft.com/rest/api/keyvault/secrets/get-secrets and …/get-secret-versions
import { expect, it } from 'vitest'
import { all, refused, stage } from './key-vault/support.ts'

const pages = async <T>(list: AsyncIterable<T[]>): Promise<number[]> => (await all(list)).map(page => page.length)

it('versions come 25 a page, each once, with contentType and tags and without values', async () => {
  await using at = await stage()
  for (let index = 0; index < 60; index++)
    await at.sdk.setSecret('app-db', `value ${index}`, { contentType: 'text/plain', tags: { index: String(index) } })
  const listed = await all(at.sdk.listPropertiesOfSecretVersions('app-db'))
  expect(new Set(listed.map(({ version }) => version))).toEqual(new Set(at.fake.service.peek('app-db').versions.keys()))
  expect(listed.length).toBe(60)
  expect(listed.every(({ contentType }) => contentType === 'text/plain')).toBe(true)
  expect(new Set(listed.map(({ tags }) => tags?.index)).size).toBe(60)
  expect(JSON.stringify(listed)).not.toContain('value ')
  expect(await pages(at.sdk.listPropertiesOfSecretVersions('app-db').byPage())).toEqual([25, 25, 10])
  expect(at.fake.calls.count('GetSecretVersions')).toBe(6)
})

it('the order is not that of creation, and the same in every run', async () => {
  const listed = async () => {
    let seed = 7
    const random = () => {
      seed = (seed * 16_807) % 2_147_483_647
      return seed / 2_147_483_647
    }
    await using at = await stage({ random })
    for (let index = 0; index < 12; index++)
      await at.sdk.setSecret('app-db', String(index), { tags: { n: `${index}` } })
    return (await all(at.sdk.listPropertiesOfSecretVersions('app-db'))).map(({ tags }) => Number(tags?.n))
  }
  const order = await listed()
  expect(order).not.toEqual([...order].sort((one, other) => one - other))
  expect(order).not.toEqual([...order].sort((one, other) => other - one))
  expect(await listed()).toEqual(order)
})

it('secrets are listed by their latest version, disabled or not, with an id that names none', async () => {
  await using at = await stage()
  for (let index = 0; index < 26; index++)
    at.fake.service.putAsPerson(`app-${index}`, 'one', { tags: { n: `${index}` } })
  at.fake.service.putAsPerson('app-3', 'two', { tags: { n: 'new' }, enabled: false })
  const listed = await all(at.sdk.listPropertiesOfSecrets())
  expect(listed.length).toBe(26)
  const { id, version, tags, enabled } = listed.find(({ name }) => name === 'app-3')!
  expect(id).toBe(`https://my-kv.vault.azure.net:${at.fake.port}/secrets/app-3`)
  expect([version, tags, enabled]).toEqual([undefined, { n: 'new' }, false])
  expect(await pages(at.sdk.listPropertiesOfSecrets().byPage())).toEqual([25, 1])
  const names = listed.map(({ name }) => name)
  expect(names).not.toEqual([...names].sort())
})

it('exactly one page has no next link', async () => {
  await using at = await stage()
  for (let index = 0; index < 25; index++) at.fake.service.putAsPerson('app-db', String(index))
  expect(await pages(at.sdk.listPropertiesOfSecretVersions('app-db').byPage())).toEqual([25])
})

it('a smaller page is possible, a larger one is 400', async () => {
  await using at = await stage()
  for (let index = 0; index < 5; index++) at.fake.service.putAsPerson('app-db', String(index))
  const paged = (maxPageSize: number) => pages(at.sdk.listPropertiesOfSecretVersions('app-db').byPage({ maxPageSize }))
  expect(await paged(2)).toEqual([2, 2, 1])
  await expect(paged(26)).rejects.toMatchObject({ statusCode: 400 })
})

it('the versions of an unknown or deleted secret are 404; deleted secrets are not listed', async () => {
  await using at = await stage()
  // a list that fails keeps the status and no details: the client drops the body
  const versions = all(at.sdk.listPropertiesOfSecretVersions('app-db'))
  await expect(versions).rejects.toMatchObject({ statusCode: 404, details: undefined })
  at.fake.service.putAsPerson('app-db', 'one')
  at.fake.service.delete('app-db')
  await expect(all(at.sdk.listPropertiesOfSecretVersions('app-db'))).rejects.toMatchObject({ statusCode: 404 })
  expect(await all(at.sdk.listPropertiesOfSecrets())).toEqual([])
})

it('versions that are added between two pages do not hide others', async () => {
  await using at = await stage()
  for (let index = 0; index < 40; index++) at.fake.service.putAsPerson('app-db', String(index))
  const before = [...at.fake.service.peek('app-db').versions.keys()]
  const seen: string[] = []
  for await (const page of at.sdk.listPropertiesOfSecretVersions('app-db').byPage()) {
    seen.push(...page.map(({ version }) => version!))
    at.fake.service.putAsPerson('app-db', 'meanwhile')
  }
  expect(before.filter(id => !seen.includes(id))).toEqual([])
  expect(new Set(seen).size).toBe(seen.length)
})

it('a name that no vault can have is 400 in lists too', async () => {
  await using at = await stage()
  await expect(all(at.sdk.listPropertiesOfSecretVersions('app_db'))).rejects.toMatchObject({ statusCode: 400 })
  await refused(at.sdk.getSecret('app_db'), 400, 'BadParameter')
})
