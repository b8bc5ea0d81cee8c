/** Buckets of tokens against the limits that clouds document, and what a look costs against the requests that real stores make. */
import { describe, expect, test } from 'vitest'
import type { StoreConfig } from '../../../core/config/types.ts'
import type { Call, SecretStore } from '../../../core/ports/secret-store.ts'
import { costsOf, type Limit, TokenBucket } from '../../../core/replication/quota.ts'
import { rotationId } from '../../../core/rotation/ids.ts'
import { SecretValue } from '../../../core/secret/secret-value.ts'
import { Place as Aws } from '../../aws/support.ts'
import { Place as Azure } from '../../azure/support.ts'
import { byAlias, Place as Gcp } from '../../gcp/support.ts'
import { mostIn, PassingClock, usedOf } from './quota-support.ts'

const never = new AbortController().signal

const storeAt = (kind: StoreConfig['kind'], more: object = {}): StoreConfig =>
  ({ kind, project: 'p', vault: 'https://v.vault.azure.net', readBy: byAlias, ...more }) as unknown as StoreConfig

const limits: Readonly<Record<string, Limit>> = Object.fromEntries(
  [storeAt('aws'), storeAt('gcp'), storeAt('azure')]
    .flatMap(store => costsOf(store))
    .map(({ place, limit }) => [place, limit]),
)

/** When each of so many was let go; everybody asks at once. */
async function letGo(limit: Limit, count: number, more: { late?: () => number; share?: number; pause?: number } = {}) {
  const clock = new PassingClock()
  const bucket = new TokenBucket(limit, clock, more.share)
  const times: number[] = []
  const take = () => bucket.take(1, never).then(() => times.push(clock.time))
  const work = async () => {
    await Promise.all(Array.from({ length: count / 2 }, take))
    if (more.pause !== undefined) await clock.sleep(more.pause, never)
    await Promise.all(Array.from({ length: count / 2 }, take))
  }
  await clock.passing(work(), more.late)
  return times
}

describe.each(Object.entries(limits))('%s', (_, limit) => {
  const enough = Math.min(4 * limit.requests, 100_000)

  test('no window holds more than the limit, and more than 95 percent is used', async () => {
    const times = await letGo(limit, enough)
    expect(mostIn(times, limit.per)).toBeLessThanOrEqual(limit.requests)
    expect(usedOf(times, limit)).toBeGreaterThan(0.95)
  })

  test('nor does it after a pause, when everybody comes at once', async () => {
    expect(mostIn(await letGo(limit, enough, { pause: 3 * limit.per }), limit.per)).toBeLessThanOrEqual(limit.requests)
  })

  test('nor when the process stands still for a while, again and again', async () => {
    const late = () => (Math.random() < 0.02 ? Math.random() * limit.per : 0)
    expect(mostIn(await letGo(limit, enough, { late }), limit.per)).toBeLessThanOrEqual(limit.requests)
  })

  test('half of it is half of it', async () => {
    const times = await letGo(limit, enough / 2, { share: 0.5 })
    expect(mostIn(times, limit.per)).toBeLessThanOrEqual(limit.requests / 2)
  })
})

describe('a bucket', () => {
  const limit: Limit = { requests: 100, per: 1_000 }

  test('serves in the order of the questions, however much each wants', async () => {
    const clock = new PassingClock()
    const bucket = new TokenBucket(limit, clock)
    const order: number[] = []
    const wants = [1, 50, 1, 3, 1]
    await clock.passing(Promise.all(wants.map((want, n) => bucket.take(want, never).then(() => order.push(n)))))
    expect(order).toEqual([0, 1, 2, 3, 4])
  })

  test('loses nothing to who gives up, and goes on for the others', async () => {
    const clock = new PassingClock()
    const bucket = new TokenBucket(limit, clock)
    const given = new AbortController()
    const work = async () => {
      await bucket.take(2, never)
      const gone = expect(bucket.take(2, given.signal)).rejects.toThrow()
      const next = bucket.take(2, never)
      given.abort()
      await gone
      const began = clock.time
      await next
      return clock.time - began
    }
    expect(await clock.passing(work())).toBeLessThanOrEqual(Math.ceil(2 / bucket.rate))
  })

  test('a clock that is set back gives nothing twice', async () => {
    const clock = new PassingClock()
    const bucket = new TokenBucket(limit, clock)
    await clock.passing(bucket.take(2, never))
    clock.time += 1_000
    await clock.passing(bucket.take(2, never))
    clock.time -= 1_000
    const began = clock.time
    await clock.passing(bucket.take(2, never))
    expect(clock.time - began).toBeGreaterThanOrEqual(1_000)
  })
})

describe('what a look costs is what the store asks for', () => {
  const azure = new Azure()
  const gcp = new Gcp()
  const latest = new Gcp()
  const aws = new Aws()
  const vaultCalls = () => azure.vault.calls.list.filter(({ op }) => op !== 'challenge').map(({ op }) => op)
  const services: Readonly<Record<string, Looked>> = {
    aws: { config: storeAt('aws'), store: aws.store(), call: () => aws.call(), ops: () => opsOf(aws.fake.calls.list) },
    'gcp by alias': {
      config: storeAt('gcp'),
      store: gcp.store(byAlias),
      call: () => gcp.call(),
      ops: () => opsOf(gcp.fake.calls.list),
    },
    'gcp by latest': {
      config: storeAt('gcp', { readBy: 'latest' }),
      store: latest.store('latest'),
      call: () => latest.call(),
      ops: () => opsOf(latest.fake.calls.list),
    },
    azure: { config: storeAt('azure'), store: azure.store(), call: () => azure.call(), ops: vaultCalls },
  }

  test.each(Object.entries(services))('%s', async (_, { config, store, call, ops }) => {
    await rotatedTwice(store, call)
    const before = ops().length
    const run = call()
    const state = (await store.describe('app', run))!
    await store.read('app', state.current.version, run)
    const made = ops().slice(before)
    for (const { place, requests } of costsOf(config))
      expect(made.filter(op => countedAt(place, op))).toHaveLength(requests)
    expect(costsOf(config).reduce((sum, { requests }) => sum + requests, 0)).toBe(made.length)
  })

  test('a file costs nothing', () => expect(costsOf(storeAt('local'))).toEqual([]))

  test('two stores of one project, vault or region share what they have', () => {
    const place = (kind: StoreConfig['kind'], more: object) => costsOf(storeAt(kind, more)).map(({ place }) => place)
    expect(place('gcp', { location: 'europe-west3' })).toEqual(place('gcp', { readBy: 'latest' }))
    expect(place('gcp', { project: 'q' })).not.toEqual(place('gcp', {}))
    expect(place('azure', { vault: 'https://w.vault.azure.net' })).not.toEqual(place('azure', {}))
    expect(place('aws', { region: 'eu-west-1' })).not.toEqual(place('aws', { region: 'eu-west-2' }))
  })
})

interface Looked {
  readonly config: StoreConfig
  readonly store: SecretStore & { put(id: string, value: SecretValue, call: Call): Promise<unknown> }
  readonly call: () => Call
  readonly ops: () => readonly string[]
}

const opsOf = (calls: readonly { readonly op: string }[]): string[] => calls.map(({ op }) => op)

const countedAt = (place: string, op: string): boolean =>
  place.endsWith(' reads') ? op !== 'AccessSecretVersion' : !place.endsWith(' accesses') || op === 'AccessSecretVersion'

/** As a follower is after two copies. */
async function rotatedTwice(store: Looked['store'], call: () => Call): Promise<void> {
  await store.put('app', SecretValue.of('{"password":"0"}'), call())
  for (const password of ['1', '2']) {
    const run = call()
    const state = (await store.describe('app', run))!
    const [rotation, base] = [rotationId('app', state), state.current.version]
    await store.putPending('app', { rotation, base, value: SecretValue.of(JSON.stringify({ password })) }, run)
    await store.promote('app', { rotation, base }, run)
  }
}
