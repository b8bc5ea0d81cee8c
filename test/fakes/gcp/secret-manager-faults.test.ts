// The knobs: faults and stale reads. What the client makes of each fault is google-gax 6.17 with @grpc/grpc-js 1.x.
import { describe, expect, it } from 'vitest'
import { addVersion, NAME, PARENT, patch, read, refused, type Stage, stageWith } from './secret-manager/support.ts'
import { createSecretManager } from './secret-manager.ts'

const transports = ['grpc', 'rest', 'in process'] as const
const versions = (at: Stage) => at.fake.service.peek('app-db').versions.size

describe.each(transports)('faults over %s', over => {
  it('a lost answer is UNAVAILABLE and applied: addVersion is not retried, a second try makes a second version', async () => {
    await using at = await stageWith('one')
    const sdk = at.open({ over })
    at.fake.faults.next('AddSecretVersion', 'lost-answer')
    await refused(addVersion(sdk, 'two'), 'UNAVAILABLE')
    expect(at.fake.calls.list.map(call => [call.op, call.error])).toEqual([['AddSecretVersion', 'lost']])
    expect(versions(at)).toBe(2)
    await addVersion(sdk, 'two')
    expect(versions(at)).toBe(3)
  })

  it('a lost answer hides a refusal as well', async () => {
    await using at = await stageWith()
    at.fake.faults.next('UpdateSecret', 'lost-answer')
    await refused(patch(at.open({ over }), { labels: {}, etag: '"0"' }), 'UNAVAILABLE')
    expect(at.fake.calls.list.at(-1)).toMatchObject({ error: 'lost' })
  })

  it('a reset is UNAVAILABLE and not applied; the next call opens a connection again', async () => {
    await using at = await stageWith('one')
    const sdk = at.open({ over })
    at.fake.faults.next('*', 'reset')
    await refused(addVersion(sdk, 'two'), 'UNAVAILABLE')
    expect(versions(at)).toBe(1)
    await addVersion(sdk, 'two')
    expect(versions(at)).toBe(2)
  })

  it('UNAVAILABLE, DEADLINE_EXCEEDED and any other status: not applied; deadline-applied is', async () => {
    await using at = await stageWith('one')
    const sdk = at.open({ over })
    at.fake.faults.next('AddSecretVersion', 'unavailable')
    await refused(addVersion(sdk, 'two'), 'UNAVAILABLE')
    at.fake.faults.next('AddSecretVersion', 'deadline')
    await refused(addVersion(sdk, 'two'), 'DEADLINE_EXCEEDED')
    at.fake.faults.next('AddSecretVersion', 'error:INTERNAL')
    await refused(addVersion(sdk, 'two'), 'INTERNAL')
    expect(versions(at)).toBe(1)
    at.fake.faults.next('AddSecretVersion', 'deadline-applied')
    await refused(addVersion(sdk, 'two'), 'DEADLINE_EXCEEDED')
    expect(versions(at)).toBe(2)
  })

  it('throttling is RESOURCE_EXHAUSTED with the quota in its details', async () => {
    await using at = await stageWith('one')
    at.fake.faults.next('AddSecretVersion', 'throttle')
    const error = await refused(
      addVersion(at.open({ over }), 'two'),
      'RESOURCE_EXHAUSTED',
      'Quota exceeded for quota metric',
    )
    expect(error.reason).toBe('RATE_LIMIT_EXCEEDED')
    expect(error.errorInfoMetadata).toMatchObject({ service: 'secretmanager.googleapis.com', quota_limit_value: '600' })
  })

  it('silence: the client’s own deadline ends the call; applied or not is up to the fault', async () => {
    await using at = await stageWith('one')
    const sdk = at.open({ over })
    const add = () => sdk.addSecretVersion({ parent: NAME, payload: { data: Buffer.from('two') } }, { timeout: 60 })
    at.fake.faults.next('AddSecretVersion', 'silence')
    await refused(add(), 'DEADLINE_EXCEEDED')
    expect(versions(at)).toBe(1)
    at.fake.faults.next('AddSecretVersion', 'silence-applied')
    await refused(add(), 'DEADLINE_EXCEEDED')
    expect(versions(at)).toBe(2)
  })

  it('an AbortSignal of the call’s options ends it with CANCELLED', async () => {
    await using at = await stageWith('one')
    const sdk = at.open({ over })
    await sdk.initialize()
    const abort = new AbortController()
    at.fake.faults.next('GetSecret', 'silence')
    const call = sdk.getSecret({ name: NAME }, { signal: abort.signal })
    setTimeout(() => abort.abort(), 20)
    await refused(call, 'CANCELLED')
    await refused(sdk.getSecret({ name: NAME }, { signal: AbortSignal.abort() }), 'CANCELLED')
  })

  it('only AccessSecretVersion is retried, and not with `retry: null` (secret_manager_service_client_config.json)', async () => {
    await using at = await stageWith('one')
    const sdk = at.open({ over })
    at.fake.faults.next('AccessSecretVersion', 'unavailable')
    expect(await read(sdk, 1)).toBe('one')
    expect(at.fake.calls.count('AccessSecretVersion')).toBe(2)
    at.fake.faults.next('AccessSecretVersion', 'throttle')
    const once = sdk.accessSecretVersion({ name: `${NAME}/versions/1` }, { retry: null as never, timeout: 1000 })
    await refused(once, 'RESOURCE_EXHAUSTED')
    for (const [op, call] of [
      ['GetSecret', () => sdk.getSecret({ name: NAME })],
      ['ListSecretVersions', () => sdk.listSecretVersions({ parent: NAME })],
    ] as const) {
      at.fake.faults.next(op, 'unavailable')
      at.fake.calls.reset()
      await refused(call(), 'UNAVAILABLE')
      expect(at.fake.calls.count()).toBe(1)
    }
  })

  it('credentials that expire, for one call or for good', async () => {
    await using at = await stageWith('one')
    at.fake.faults.next('*', 'expired-token')
    await refused(at.open({ over }).getSecret({ name: NAME }), 'UNAUTHENTICATED', 'invalid authentication credentials')
    at.fake.permissions.expire('old')
    const old = at.open({ over, token: 'old' })
    for (let index = 0; index < 2; index++) await refused(old.getSecret({ name: NAME }), 'UNAUTHENTICATED')
    await at.sdk.getSecret({ name: NAME })
  })
})

it('every nth request, and in the order planned; latency passes through the injected sleep', async () => {
  const slept: number[] = []
  const fake = createSecretManager({ sleep: async ms => void slept.push(ms) })
  fake.service.createSecret({ id: 'app-db', value: 'one' })
  const sdk = fake.inProcessClient()
  fake.faults.every('GetSecret', 'unavailable', 3)
  const outcomes: boolean[] = []
  for (let index = 0; index < 6; index++) {
    outcomes.push(
      await sdk.getSecret({ name: NAME }).then(
        () => true,
        () => false,
      ),
    )
  }
  expect(outcomes).toEqual([true, true, false, true, true, false])
  fake.faults.clear()
  const end = fake.faults.every('*', { latencyMs: 5 })
  fake.faults.next('GetSecret', 'error:ABORTED')
  fake.faults.next('GetSecret', 'error:DATA_LOSS')
  await refused(sdk.getSecret({ name: NAME }), 'ABORTED')
  await refused(sdk.getSecret({ name: NAME }), 'DATA_LOSS')
  end()
  await sdk.getSecret({ name: NAME })
  expect(slept).toEqual([5, 5])
})

// https://cloud.google.com/secret-manager/docs/reference/consistency
describe('consistency', () => {
  it('access by number right after adding is strong; `latest` and everything else converges later', async () => {
    await using at = await stageWith('one')
    at.pass(10_000)
    await addVersion(at.sdk, 'two')
    at.fake.faults.stale({ ms: 5000 })
    expect(await read(at.sdk, 2)).toBe('two')
    expect(await read(at.sdk, 'latest')).toBe('one')
    await refused(at.sdk.getSecretVersion({ name: `${NAME}/versions/2` }), 'NOT_FOUND')
    expect((await at.sdk.listSecretVersions({ parent: NAME }))[0]).toHaveLength(1)
    at.pass(5000)
    expect(await read(at.sdk, 'latest')).toBe('two')
    await at.sdk.getSecretVersion({ name: `${NAME}/versions/2` })
  })

  it('an alias moves later for readers, and so does the etag: a write with a stale one is refused', async () => {
    await using at = await stageWith('one', 'two')
    await patch(at.sdk, { versionAliases: { current: 1 } })
    at.pass(10_000)
    await patch(at.sdk, { versionAliases: { current: 2 } })
    at.fake.faults.stale({ ms: 5000 })
    expect(await read(at.sdk, 'current')).toBe('one')
    const [{ etag, versionAliases }] = await at.sdk.getSecret({ name: NAME })
    expect(versionAliases).toEqual({ current: '1' })
    await refused(patch(at.sdk, { labels: { a: 'b' }, etag: etag! }), 'FAILED_PRECONDITION')
    at.pass(5000)
    expect(await read(at.sdk, 'current')).toBe('two')
  })

  it('a version that was disabled may be read by number for a while', async () => {
    await using at = await stageWith('one')
    at.pass(10_000)
    await at.sdk.disableSecretVersion({ name: `${NAME}/versions/1` })
    at.fake.faults.stale({ ms: 5000 })
    expect(await read(at.sdk, 1)).toBe('one')
    at.pass(5000)
    await refused(read(at.sdk, 1), 'FAILED_PRECONDITION')
  })

  it('a version of which the older state knows nothing yet is as it was when it was added', async () => {
    await using at = await stageWith('one')
    at.pass(10_000)
    await addVersion(at.sdk, 'two')
    await at.sdk.disableSecretVersion({ name: `${NAME}/versions/2` })
    at.fake.faults.stale({ ms: 5000 })
    expect(await read(at.sdk, 2)).toBe('two')
    at.pass(5000)
    await refused(read(at.sdk, 2), 'FAILED_PRECONDITION')
  })

  it('by reads: the next n see the state before the last writes; of chosen operations only', async () => {
    await using at = await stageWith('one')
    await patch(at.sdk, { labels: { a: '1' } })
    await patch(at.sdk, { labels: { a: '2' } })
    at.fake.faults.stale({ reads: 2 }, ['GetSecret'])
    const seen: unknown[] = []
    for (let index = 0; index < 3; index++) {
      seen.push((await at.sdk.getSecret({ name: NAME }))[0].labels)
      expect((await at.sdk.listSecrets({ parent: PARENT }))[0][0]?.labels).toEqual({ a: '2' })
    }
    expect(seen).toEqual([{ a: '1' }, { a: '1' }, { a: '2' }])
    at.fake.faults.stale({ reads: 1, writes: 3 })
    await addVersion(at.sdk, 'two')
    expect((await at.sdk.getSecret({ name: NAME }))[0].labels).toEqual({})
    at.fake.faults.stale({ ms: 1 })
    at.fake.faults.clear()
    expect((await at.sdk.getSecret({ name: NAME }))[0].labels).toEqual({ a: '2' })
  })

  it('a new secret is not seen at first, its version by number is', async () => {
    await using at = await stageWith('one')
    at.fake.faults.stale({ ms: 1000 })
    await refused(at.sdk.getSecret({ name: NAME }), 'NOT_FOUND')
    expect((await at.sdk.listSecrets({ parent: PARENT }))[0]).toEqual([])
    await refused(read(at.sdk, 'latest'), 'NOT_FOUND')
    expect(await read(at.sdk, 1)).toBe('one')
    at.pass(1000)
    await at.sdk.getSecret({ name: NAME })
  })

  it('writes meet the newest state whatever readers see', async () => {
    await using at = await stageWith('one')
    at.fake.faults.stale({ ms: 1000 })
    const added = await addVersion(at.sdk, 'two')
    expect(added.name).toMatch(/versions\/2$/)
    await patch(at.sdk, { versionAliases: { current: 2 } })
    await at.sdk.disableSecretVersion({ name: `${NAME}/versions/2` })
    expect(at.fake.service.peek('app-db').versions.get(2)?.state).toBe('DISABLED')
  })
})
