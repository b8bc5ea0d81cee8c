// The fake of Blob storage: what is shared with Azurite, then permissions, faults, and the client's own retries.
import { describe, expect, it } from 'vitest'
import { checks, get, names, put, refused } from './blob-storage/checks.ts'
import { createBlobStorage, startBlobStorage } from './blob-storage.ts'
import { createKeyVault } from './key-vault.ts'

const fresh = () => {
  const fake = createBlobStorage({ containers: ['journal'] })
  const open = (identity?: string) => fake.inProcessClient(identity === undefined ? {} : { identity })
  return { fake, open, container: open().getContainerClient('journal') }
}

describe('as documented, and as Azurite is checked', () => {
  it.each(checks)('$behaviour', async ({ documented }) => {
    const { container, open } = fresh()
    await documented({ service: open(), container })
  })
})

// https://learn.microsoft.com/rest/api/storageservices/authorize-with-azure-active-directory, "Permissions for … operations"
describe('data actions: else 403 AuthorizationPermissionMismatch', () => {
  it.each([
    ['blobs/read', () => get(reader(), 'a')],
    ['blobs/read', () => names(reader())],
    ['blobs/write', () => put(reader(), 'a', 'two')],
    ['blobs/delete', () => reader().getBlockBlobClient('a').delete()],
  ])('%s', async (action, call) => {
    at = fresh()
    await put(at.container, 'a', 'one')
    at.fake.permissions.grant('reader', ['blobs/other'], ['journal'])
    await refused(call(), 403, 'AuthorizationPermissionMismatch').catch(error => {
      // a HEAD has no body, and so no code
      if (!String(error).includes('undefined')) throw error
    })
    at.fake.permissions.grant('reader', [action], ['journal'])
    await call()
  })
  let at = fresh()
  const reader = () => at.open('reader').getContainerClient('journal')
})

it('a token for another service, or garbage, or of a revoked identity, is 401', async () => {
  const { fake, open } = fresh()
  const read = (credential: ReturnType<typeof fake.tokens.credential>) =>
    get(fake.inProcessClient({ credential }).getContainerClient('journal'), 'a')
  const audience = 'https://vault.azure.net'
  await expect(read(fake.tokens.credential('test', { audience }))).rejects.toMatchObject({ statusCode: 401 })
  const garbage = { getToken: async () => ({ token: 'garbage', expiresOnTimestamp: Date.now() + 3_600_000 }) }
  await expect(read(garbage)).rejects.toMatchObject({ statusCode: 401 })
  fake.tokens.revoke('me')
  await expect(get(open('me').getContainerClient('journal'), 'a')).rejects.toMatchObject({ statusCode: 401 })
})

// authorizeRequestOnTenantChallenge of @azure/core-client: unlike Key Vault's, this client then asks for a new token
it('a token that ended is 401; the client gets another and repeats its request by itself', async () => {
  const { fake, container } = fresh()
  await put(container, 'a', 'one')
  fake.service.expireTokens()
  await put(container, 'a', 'two')
  expect(fake.calls.list.map(({ error }) => error)).toEqual([undefined, 'InvalidAuthenticationInfo', undefined])
})

it('the firewall is 403 AuthorizationFailure', async () => {
  const { fake, container } = fresh()
  fake.service.block()
  await refused(put(container, 'a', 'one'), 403, 'AuthorizationFailure')
  fake.service.open()
  await put(container, 'a', 'one')
})

it('too many requests are 503 ServerBusy', async () => {
  const { fake, container } = fresh()
  fake.faults.next('PutBlob', 'throttle')
  await refused(put(container, 'a', 'one'), 503, 'ServerBusy')
  expect(fake.service.names('journal')).toEqual([])
})

it('no two writes have the same ETag, whatever chance says', async () => {
  const fake = createBlobStorage({ containers: ['journal'], random: () => 0, now: () => 0 })
  const container = fake.inProcessClient().getContainerClient('journal')
  const etags = [await put(container, 'a', 'one'), await put(container, 'a', 'one'), await put(container, 'b', 'one')]
  expect(new Set(etags).size).toBe(3)
})

it('a lost answer: applied; a reset: not', async () => {
  const { fake, container } = fresh()
  fake.faults.next('PutBlob', 'lost-answer')
  await expect(put(container, 'a', 'one')).rejects.toMatchObject({ code: 'ECONNRESET' })
  expect(fake.service.find('journal', 'a')?.content).toBe('one')
  fake.faults.next('PutBlob', 'reset')
  await expect(put(container, 'a', 'two')).rejects.toMatchObject({ code: 'ECONNRESET' })
  expect(fake.service.find('journal', 'a')?.content).toBe('one')
  expect(fake.calls.list.map(({ op, name, error }) => [op, name, error])).toEqual([
    ['PutBlob', 'journal/a', 'lost'],
    ['PutBlob', 'journal/a', 'lost'],
  ])
})

it('the client’s own retry of a write whose answer was lost fails on its own success', async () => {
  const { fake } = fresh()
  const retryOptions = { maxTries: 2, retryDelayInMs: 1 }
  const container = fake.inProcessClient({ retryOptions }).getContainerClient('journal')
  fake.faults.next('PutBlob', 'lost-answer')
  await refused(put(container, 'a', 'one', { ifNoneMatch: '*' }), 409, 'BlobAlreadyExists')
  const etag = fake.service.find('journal', 'a')!.etag
  fake.faults.next('PutBlob', 'lost-answer')
  await refused(put(container, 'a', 'two', { ifMatch: etag }), 412, 'ConditionNotMet')
  expect(fake.service.find('journal', 'a')?.content).toBe('two')
})

it('a write that is held is applied late, and still under its condition', async () => {
  const { fake, container } = fresh()
  const etag = await put(container, 'a', 'one')
  fake.faults.next('PutBlob', 'held')
  await expect(put(container, 'a', 'late', { ifMatch: etag })).rejects.toMatchObject({ code: 'ECONNRESET' })
  await put(container, 'a', 'two', { ifMatch: etag })
  expect(fake.faults.release()).toBe(1)
  expect(fake.service.find('journal', 'a')?.content).toBe('two')
})

it('one identity and one end of its tokens for both services', async () => {
  const vault = createKeyVault()
  const blobs = createBlobStorage({ tokens: vault.tokens, containers: ['journal'] })
  const credential = vault.tokens.credential('me')
  const container = blobs.inProcessClient({ credential }).getContainerClient('journal')
  await vault.inProcessClient({ credential }).setSecret('app-db', 'one')
  await put(container, 'a', 'one')
  vault.tokens.revoke('me')
  await expect(put(container, 'a', 'two')).rejects.toMatchObject({ statusCode: 401 })
})

it('over HTTPS the same, at an address with the account in its path', async () => {
  const fake = await startBlobStorage({ containers: ['journal'] })
  try {
    const { request } = await import('node:https')
    const headers = { authorization: `Bearer ${fake.tokens.make('test', 'https://storage.azure.com')}` }
    const url = `${fake.endpoint}/journal/a`
    fake.service.putAsPerson('journal', 'a', 'one')
    const status = await new Promise((resolve, reject) => {
      request(url, { ca: fake.ca, headers, agent: false }, answer => resolve(answer.statusCode))
        .on('error', reject)
        .end()
    })
    expect(status).toBe(200)
  } finally {
    await fake.close()
  }
})
