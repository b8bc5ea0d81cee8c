// The knobs: faults, stale reads, the log of calls.
import { expect, it } from 'vitest'
import { all, refused, stage } from './key-vault/support.ts'
import { createKeyVault } from './key-vault.ts'

const quickly = { retryOptions: { maxRetries: 3, retryDelayInMs: 1, maxRetryDelayInMs: 2 } }
const versionsOf = (at: { fake: { service: { peek(name: string): { versions: ReadonlyMap<string, object> } } } }) =>
  at.fake.service.peek('app-db').versions.size

it('a lost answer: applied, nothing answered', async () => {
  await using at = await stage()
  at.fake.faults.next('SetSecret', 'lost-answer')
  await expect(at.sdk.setSecret('app-db', 'one')).rejects.toMatchObject({ code: 'ECONNRESET' })
  expect(at.fake.service.latestValue('app-db')).toBe('one')
  expect(at.fake.calls.list.at(-1)).toMatchObject({ op: 'SetSecret', name: 'app-db', error: 'lost' })
})

// retryPolicy of @azure/core-rest-pipeline: system errors are repeated whatever the method
it('the client’s own retry of a lost answer makes a second version', async () => {
  await using at = await stage()
  at.fake.faults.next('SetSecret', 'lost-answer')
  await at.open(quickly).setSecret('app-db', 'one')
  expect(versionsOf(at)).toBe(2)
  at.fake.faults.next('SetSecret', 'error:500:InternalServerError')
  await at.open(quickly).setSecret('app-db', 'two')
  expect([versionsOf(at), at.fake.calls.count('SetSecret')]).toEqual([3, 4])
})

it('a reset: not applied', async () => {
  await using at = await stage()
  at.fake.faults.next('*', 'reset')
  await expect(at.sdk.setSecret('app-db', 'one')).rejects.toMatchObject({ code: 'ECONNRESET' })
  expect(at.fake.service.find('app-db')).toBeUndefined()
})

it('a request that is held is applied when it is released, over what was written meanwhile', async () => {
  await using at = await stage()
  at.fake.faults.next('SetSecret', 'held')
  await expect(at.sdk.setSecret('app-db', 'late')).rejects.toMatchObject({ code: 'ECONNRESET' })
  await at.sdk.setSecret('app-db', 'meanwhile')
  expect(at.fake.faults.release()).toBe(1)
  expect((await at.sdk.getSecret('app-db')).value).toBe('late')
  expect(at.fake.faults.release()).toBe(0)
})

it('a request that arrives twice makes two versions, the answer is of the second', async () => {
  await using at = await stage()
  at.fake.faults.next('SetSecret', 'twice')
  const { properties } = await at.sdk.setSecret('app-db', 'one')
  expect([versionsOf(at), at.fake.service.peek('app-db').latest]).toEqual([2, properties.version])
})

// https://learn.microsoft.com/azure/key-vault/general/overview-throttling
it('throttling is 429 Throttled with Retry-After, which the client obeys three times, with a set too', async () => {
  await using at = await stage()
  at.fake.faults.retryAfterSeconds = 0
  at.fake.faults.next('SetSecret', 'throttle', 3)
  await at.open({ retryOptions: { maxRetries: 3 } }).setSecret('app-db', 'one')
  expect([at.fake.calls.count('SetSecret'), versionsOf(at)]).toEqual([4, 1])
  at.fake.faults.retryAfterSeconds = 7
  at.fake.faults.next('GetSecret', 'throttle')
  const error = await at.sdk.getSecret('app-db').catch(reason => reason)
  expect([error.statusCode, error.code]).toEqual([429, 'Throttled'])
  expect(error.response.headers.get('retry-after')).toBe('7')
})

it('any error of the service', async () => {
  await using at = await stage()
  at.fake.faults.next('GetSecret', 'error:503:ServiceUnavailable')
  await refused(at.sdk.getSecret('app-db'), 503, 'ServiceUnavailable')
})

it('every nth request, until it is ended', async () => {
  await using at = await stage()
  at.fake.service.putAsPerson('app-db', 'one')
  const end = at.fake.faults.every('GetSecret', 'throttle', 3)
  const outcomes: boolean[] = []
  for (let index = 0; index < 6; index++)
    outcomes.push(
      await at.sdk.getSecret('app-db').then(
        () => true,
        () => false,
      ),
    )
  expect(outcomes).toEqual([true, true, false, true, true, false])
  end()
  for (let index = 0; index < 3; index++) await at.sdk.getSecret('app-db')
})

it('latency passes before the request is looked at', async () => {
  const slept: number[] = []
  const sleep = async (ms: number) => {
    slept.push(ms)
    fake.service.putAsPerson('app-db', 'meanwhile')
  }
  const fake = createKeyVault({ sleep })
  fake.faults.next('GetSecret', { latencyMs: 250 })
  expect((await fake.inProcessClient().getSecret('app-db')).value).toBe('meanwhile')
  expect(slept).toEqual([250])
})

it('a stale get without a version sees an older latest; a get by version is never stale', async () => {
  await using at = await stage()
  await at.sdk.setSecret('app-db', 'one')
  at.pass(1_000)
  const { properties } = await at.sdk.setSecret('app-db', 'two')
  const version = properties.version!
  at.fake.faults.stale({ ms: 500 })
  expect((await at.sdk.getSecret('app-db')).value).toBe('one')
  expect((await at.sdk.getSecret('app-db', { version })).value).toBe('two')
  at.pass(500)
  expect((await at.sdk.getSecret('app-db')).value).toBe('two')
  at.fake.faults.stale({ reads: 1 })
  expect((await at.sdk.getSecret('app-db', { version })).value).toBe('two')
  expect((await at.sdk.getSecret('app-db')).value).toBe('one')
  expect((await at.sdk.getSecret('app-db')).value).toBe('two')
  at.fake.faults.stale({ reads: 1, writes: 2 })
  await refused(at.sdk.getSecret('app-db'), 404, 'SecretNotFound')
})

it('stale lists miss the newest version or secret, and show properties of before', async () => {
  await using at = await stage()
  const first = (await at.sdk.setSecret('app-db', 'one')).properties.version!
  at.pass(1_000)
  await at.sdk.setSecret('app-db', 'two')
  await at.sdk.setSecret('new', 'one')
  await at.sdk.updateSecretProperties('app-db', first, { tags: { seen: 'no' } })
  at.fake.faults.stale({ ms: 500 }, ['GetSecretVersions', 'GetSecrets'])
  const versions = await all(at.sdk.listPropertiesOfSecretVersions('app-db'))
  expect(versions.map(({ version, tags }) => [version, tags])).toEqual([[first, undefined]])
  expect((await all(at.sdk.listPropertiesOfSecrets())).map(({ name }) => name)).toEqual(['app-db'])
  expect((await at.sdk.getSecret('app-db')).value).toBe('two')
  at.fake.faults.clear()
  expect((await all(at.sdk.listPropertiesOfSecretVersions('app-db'))).length).toBe(2)
})

it('the log tells vault, secret, version, identity and outcome of every request', async () => {
  await using at = await stage()
  const version = at.fake.service.putAsPerson('app-db', 'one')
  const me = at.open({ identity: 'me' })
  await me.getSecret('app-db', { version })
  await refused(me.getSecret('nobody'), 404, 'SecretNotFound')
  expect(at.fake.calls.list.slice(1)).toEqual([
    { op: 'GetSecret', at: 'my-kv', name: 'app-db', version, identity: 'me', time: expect.any(Number) },
    {
      op: 'GetSecret',
      at: 'my-kv',
      name: 'nobody',
      identity: 'me',
      time: expect.any(Number),
      error: 'SecretNotFound',
    },
  ])
  at.fake.calls.reset()
  expect(at.fake.calls.count()).toBe(0)
})

it('without sockets the same: challenge, retries, abort', async () => {
  const fake = createKeyVault()
  const sdk = fake.inProcessClient(quickly)
  fake.faults.next('SetSecret', 'lost-answer')
  await sdk.setSecret('app-db', 'one')
  expect(fake.calls.list.map(({ op, error }) => [op, error])).toEqual([
    ['challenge', 'Unauthorized'],
    ['SetSecret', 'lost'],
    ['SetSecret', undefined],
  ])
  expect((await sdk.getSecret('app-db')).properties.vaultUrl).toBe(fake.vaultUrl)
  const abortSignal = AbortSignal.abort()
  await expect(sdk.setSecret('app-db', 'two', { abortSignal })).rejects.toMatchObject({ name: 'AbortError' })
  await expect(
    fake.inProcessClient({ vault: 'no-kv', retryOptions: { maxRetries: 0 } }).getSecret('a'),
  ).rejects.toMatchObject({ code: 'ENOTFOUND' })
})
